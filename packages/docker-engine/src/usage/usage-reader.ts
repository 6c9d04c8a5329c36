import { cpus } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { FlotillaError, type CallOptions, type Instance, type Reading } from '@flotilla/core'
import { inParallel, messageOf, InstanceCpuMeter, type InstanceCpuSample } from '@flotilla/core/authoring'
import { readCounters, readText, type ReadText } from './cgroup-files.js'
import { findPlace, readMounts, type CgroupMount, type CgroupPlace } from './cgroup-place.js'
import { limitedCores } from './cores.js'
import type { Engine } from '../engine.js'
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

/** Of its limit's cores, in one run of the container. */
interface CpuSample extends InstanceCpuSample {
  /** Scheduler periods in which it wanted to run, and those in which its limit held it back. */
  readonly periods: number
  readonly throttledPeriods: number
}

/** What is known of one container's use. */
type Sample =
  | {
      readonly kind: 'sample'
      readonly cpu: CpuSample
      readonly memoryBytes: number | undefined
      readonly at: number
    }
  | { readonly kind: 'none'; readonly reason: string; readonly error?: FlotillaError }

const defaults = {
  /** Questions to the engine at one time. It answers `stats` at its collector's next beat: to all that wait, at once. */
  parallelStats: 100,
  parallelLooks: 16,
  /** A limit may be changed while the container runs; where the kernel's files do not tell, it is asked for anew. */
  sourceMaxAgeMs: 60_000,
  /** Somebody who asks at long intervals is still not forgotten. */
  forgottenMs: 3_600_000,
  /** Containers read before other work has a turn: about 2 ms. */
  readAtOnce: 32,
}

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

  async of(instances: readonly Instance[], { signal }: CallOptions): Promise<readonly Reading[]> {
    if (!(await this.#engine.facts.hasCgroups(signal))) return this.#allAbsent(instances, withoutCgroups)
    const samples = new Map<string, Sample>()
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

  #allAbsent(instances: readonly Instance[], reason: string): readonly Reading[] {
    return instances.flatMap(({ id }) => this.#readings(id, { kind: 'none', reason }))
  }

  /** Where containers are that nobody has asked about for long, and so are gone. */
  #forget(asked: readonly Instance[]): void {
    const nowMs = this.#engine.clock.monotonic()
    for (const { id } of asked) if (this.#sources.has(id)) this.#askedMs.set(id, nowMs)
    for (const id of this.#sources.keys()) {
      if (nowMs - (this.#askedMs.get(id) ?? nowMs) > defaults.forgottenMs) this.#sources.delete(id)
    }
    for (const id of this.#askedMs.keys()) if (!this.#sources.has(id)) this.#askedMs.delete(id)
  }

  /** Reads those whose files are known. One whose files are gone is forgotten, and looked for anew. */
  async #readKnown(instances: readonly Instance[], samples: Map<string, Sample>): Promise<void> {
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

  #readPlace(id: string, source: Source, place: CgroupPlace): Sample | undefined {
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

  /** Finds out where to read a container; undefined when that is known now, else why it cannot be read. */
  async #find(id: string, signal: AbortSignal): Promise<Sample | undefined> {
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
      // Another host's process, or files that this user may not read.
      return undefined
    }
  }

  async #ask(id: string, signal: AbortSignal): Promise<Sample> {
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

  #readings(instanceId: string, sample: Sample): readonly Reading[] {
    const at = sample.kind === 'sample' ? sample.at : this.#engine.clock.now()
    const use = sample.kind === 'sample' ? this.#meter.read(sample.cpu) : { absent: sample.reason }
    const ofUse = 'absent' in use ? {} : { windowMs: use.windowMs }
    const reading = (name: string, unit: 'ratio' | 'bytes', found: number | string, window = {}): Reading =>
      typeof found === 'number'
        ? { kind: 'value', name, unit, instanceId, at, value: found, ...window }
        : { kind: 'absent', name, unit, instanceId, at, reason: found }
    const memory =
      sample.kind === 'sample'
        ? (sample.memoryBytes ?? 'Docker does not tell what memory it uses')
        : sample.reason
    return [
      reading('cpu', 'ratio', 'absent' in use ? use.absent : use.ratio, ofUse),
      reading('memory', 'bytes', memory),
      reading('cpu_throttled', 'ratio', 'absent' in use ? use.absent : throttledIn(use.from, use.to), ofUse),
    ]
  }
}

/** Share of the periods in which it was held back, 0 without a limit; or why that cannot be told. */
function throttledIn(from: CpuSample, to: CpuSample): number | string {
  const periods = to.periods - from.periods
  const throttled = to.throttledPeriods - from.throttledPeriods
  if (periods < 0 || throttled < 0) return 'its counters ran backwards; the next sample will tell'
  return periods === 0 ? 0 : throttled / periods
}

const withoutCgroups =
  'the engine has no control groups (docker info: CgroupDriver none), so that it cannot tell a container’s use from its host’s'

const nothing: Sample = { kind: 'none', reason: 'it could not be looked at' }

function failed(error: unknown): Sample {
  const reason = messageOf(error)
  return error instanceof FlotillaError ? { kind: 'none', reason, error } : { kind: 'none', reason }
}

/** When nobody could be read and somebody met an error, the whole call failed. */
function throwIfNoneAnswered(samples: readonly Sample[]): void {
  if (samples.some(({ kind }) => kind === 'sample')) return
  for (const sample of samples) if (sample.kind === 'none' && sample.error !== undefined) throw sample.error
}
