import { cpus } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { FlotillaError, type CallOptions, type Instance, type Reading } from '@flotilla/core'
import { inParallel, messageOf, InstanceCpuMeter } from '@flotilla/core/authoring'
import type { Engine } from '../engine.js'
import { readCounters, readText, type ReadText } from './cgroup-files.js'
import { findPlace, readMounts, type CgroupMount, type CgroupPlace } from './cgroup-place.js'
import { absentUsage, usageReadings, type ContainerSample, type CpuSample } from './container-sample.js'
import { limitedCores } from './cores.js'
import { readStats } from './stats-counters.js'

/** Where one container's counters are read. */
interface Source {
  /** Differs from one run of the container to the next. */
  readonly run: string
  /** Undefined when its counters have to be asked for. */
  readonly place: CgroupPlace | undefined
  /** By its settings; undefined for all there are. */
  readonly limitCores: number | undefined
  readonly foundMs: number
}

const defaults = {
  /** Questions to the engine at one time. It answers all that wait for `stats` together, at its collector's next beat. */
  parallelStats: 100,
  parallelLooks: 16,
  /** A limit may change while the container runs; where the kernel's files do not tell, it is asked for again. */
  sourceMaxAgeMs: 60_000,
  /** Long enough for callers that ask at long intervals. */
  forgottenMs: 3_600_000,
  /** Containers read before other work has a turn: about 2 ms. */
  readAtOnce: 32,
}

/** Options of `new UsageReader()`. */
export interface UsageReaderOptions {
  readonly engine: Engine
  /** False asks the engine always. */
  readonly fromFiles: boolean
  readonly read?: ReadText | undefined
}

/** Reads what containers use: from the kernel's files where they can be seen, else from the engine. */
export class UsageReader {
  readonly #engine: Engine
  readonly #fromFiles: boolean
  readonly #read: ReadText
  readonly #meter: InstanceCpuMeter<CpuSample>
  readonly #sources = new Map<string, Source>()
  /** By id: when it was last asked about. */
  readonly #askedMs = new Map<string, number>()
  #mounts: readonly CgroupMount[] | undefined

  constructor({ engine, fromFiles, read = readText }: UsageReaderOptions) {
    this.#engine = engine
    this.#meter = new InstanceCpuMeter(engine.clock)
    this.#fromFiles = fromFiles
    this.#read = read
  }

  /** What these containers use now. */
  async of(instances: readonly Instance[], { signal }: CallOptions): Promise<readonly Reading[]> {
    if (!(await this.#engine.facts.hasCgroups(signal))) {
      const at = this.#engine.clock.now()
      return instances.flatMap(({ id }) => absentUsage(id, at, withoutCgroups))
    }
    const samples = new Map<string, ContainerSample>()
    await this.#readKnown(instances, samples)
    const unread = instances.filter(({ id }) => !samples.has(id))
    const looked = await inParallel(unread, defaults.parallelLooks, async ({ id }) => this.#find(id, signal))
    await this.#readKnown(
      unread.filter((_, index) => looked[index] === undefined),
      samples,
    )
    unread.forEach(({ id }, index) => {
      const sample = looked[index]
      if (sample !== undefined) samples.set(id, sample)
    })
    const remote = instances.filter(({ id }) => !samples.has(id))
    const asked = await inParallel(remote, defaults.parallelStats, async ({ id }) => this.#ask(id, signal))
    remote.forEach(({ id }, index) => samples.set(id, asked[index] ?? nothing))
    this.#forget(instances)
    throwIfNoneAnswered([...samples.values()])
    return instances.flatMap(({ id }) => this.#readings(id, samples.get(id) ?? nothing))
  }

  /** Forgets the sources of containers that nobody has asked about for long. */
  #forget(asked: readonly Instance[]): void {
    const nowMs = this.#engine.clock.monotonic()
    for (const { id } of asked) if (this.#sources.has(id)) this.#askedMs.set(id, nowMs)
    for (const id of this.#sources.keys()) {
      if (nowMs - (this.#askedMs.get(id) ?? nowMs) > defaults.forgottenMs) this.#sources.delete(id)
    }
    for (const id of this.#askedMs.keys()) if (!this.#sources.has(id)) this.#askedMs.delete(id)
  }

  /** Reads the containers whose files are known. A container whose files are gone is looked for anew. */
  async #readKnown(instances: readonly Instance[], samples: Map<string, ContainerSample>): Promise<void> {
    let read = 0
    for (const { id } of instances) {
      const source = this.#sources.get(id)
      if (source?.place === undefined) continue
      const sample = this.#readPlace(id, source, source.place)
      if (sample === undefined) this.#sources.delete(id)
      else samples.set(id, sample)
      read += 1
      if (read % defaults.readAtOnce === 0) await nextTurn()
    }
  }

  #readPlace(id: string, source: Source, place: CgroupPlace): ContainerSample | undefined {
    const { clock } = this.#engine
    try {
      const atMs = clock.monotonic()
      const { cpuMs, memoryBytes, limitCores, periods, throttledPeriods } = readCounters(place, this.#read)
      const cpu = { instanceId: id, run: source.run, cpuMs, atMs, periods, throttledPeriods }
      const cores = limitCores ?? cpus().length
      return { kind: 'sample', cpu: { ...cpu, cores }, memoryBytes, at: clock.now() }
    } catch {
      return undefined
    }
  }

  /** Finds where to read a container: undefined when that is known now, else why it cannot be read. */
  async #find(id: string, signal: AbortSignal): Promise<ContainerSample | undefined> {
    const { clock } = this.#engine
    const known = this.#sources.get(id)
    if (known !== undefined && clock.monotonic() - known.foundMs < defaults.sourceMaxAgeMs) return undefined
    try {
      const step = { what: `usage: look at ${id.slice(0, 12)}`, signal, instanceId: id }
      const found = await this.#engine.inspect(id, step)
      if (found === undefined) return { kind: 'none', reason: 'it is gone' }
      const { Pid: pid, StartedAt: run } = found.State
      if (pid === 0) return { kind: 'none', reason: `it does not run: Docker calls it ${found.State.Status}` }
      const place = this.#fromFiles ? this.#placeOf(id, pid) : undefined
      this.#sources.set(id, {
        run,
        place,
        limitCores: limitedCores(found.HostConfig),
        foundMs: clock.monotonic(),
      })
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      return failed(error)
    }
  }

  #placeOf(id: string, pid: number): CgroupPlace | undefined {
    try {
      this.#mounts ??= readMounts(this.#read('/proc/self/mountinfo'))
      const place = findPlace(this.#read(`/proc/${pid}/cgroup`), this.#mounts, id)
      if (place !== undefined) readCounters(place, this.#read)
      return place
    } catch {
      // The process is another host's, or this user may not read the files.
      return undefined
    }
  }

  async #ask(id: string, signal: AbortSignal): Promise<ContainerSample> {
    const engine = this.#engine
    const source = this.#sources.get(id)
    if (source === undefined) return nothing
    try {
      const step = { what: `usage: stats of ${id.slice(0, 12)}`, signal, instanceId: id }
      const stats = readStats(await engine.ask(step, async (docker, call) => docker.containerStats(id, call)))
      if (stats === undefined) {
        this.#sources.delete(id)
        return { kind: 'none', reason: 'it does not run' }
      }
      if (stats.cpuMs === 0) return { kind: 'none', reason: 'all of Docker’s counters for it are 0' }
      const { cpuMs, readMs, memoryBytes, onlineCores, periods, throttledPeriods } = stats
      const cores = source.limitCores ?? onlineCores
      if (cores === undefined)
        return { kind: 'none', reason: 'Docker does not tell how many cores there are' }
      const cpu = {
        instanceId: id,
        run: source.run,
        cpuMs,
        atMs: readMs,
        cores,
        periods,
        throttledPeriods,
      }
      return { kind: 'sample', cpu, memoryBytes, at: engine.clock.now() }
    } catch (error) {
      signal.throwIfAborted()
      this.#sources.delete(id)
      return failed(error)
    }
  }

  #readings(instanceId: string, sample: ContainerSample): readonly Reading[] {
    return sample.kind === 'sample'
      ? usageReadings(sample, this.#meter)
      : absentUsage(instanceId, this.#engine.clock.now(), sample.reason)
  }
}

const withoutCgroups =
  'the engine has no control groups (docker info: CgroupDriver none), so that it cannot tell a container’s use from its host’s'

const nothing: ContainerSample = { kind: 'none', reason: 'it could not be looked at' }

function failed(error: unknown): ContainerSample {
  const reason = messageOf(error)
  return error instanceof FlotillaError ? { kind: 'none', reason, error } : { kind: 'none', reason }
}

/** The whole call fails when no container could be read and one of them met an error. */
function throwIfNoneAnswered(samples: readonly ContainerSample[]): void {
  if (samples.some(({ kind }) => kind === 'sample')) return
  for (const sample of samples) if (sample.kind === 'none' && sample.error !== undefined) throw sample.error
}
