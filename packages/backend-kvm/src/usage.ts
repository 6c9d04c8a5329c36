import { FlotillaError, type CallOptions, type Instance, type Reading } from '@flotilla/core'
import { absentReading, InstanceCpuMeter, readingFrom } from '@flotilla/core/authoring'
import type { MemorySample } from './host/guest-memory.js'
import type { Host } from './host/host.js'
import type { Hypervisors } from './host/hypervisors.js'
import type { InfoSample } from './inventory.js'

interface HostAnswer {
  readonly infos: ReadonlyMap<string, InfoSample>
  readonly memory: ReadonlyMap<string, MemorySample>
  readonly error: FlotillaError | undefined
}

const nothing: HostAnswer = { infos: new Map(), memory: new Map(), error: undefined }

/** Reads what machines use: CPU with each call, memory only as often as it is worth. */
export class UsageReader {
  readonly #hypervisors: Hypervisors
  readonly #memoryEveryMs: number
  readonly #meter: InstanceCpuMeter

  constructor(hypervisors: Hypervisors, memoryEveryMs: number) {
    this.#hypervisors = hypervisors
    this.#meter = new InstanceCpuMeter(hypervisors.clock)
    this.#memoryEveryMs = memoryEveryMs
  }

  async of(instances: readonly Instance[], { signal }: CallOptions): Promise<readonly Reading[]> {
    if (instances.length === 0) return []
    const wanted = new Set(instances.map(({ id }) => id))
    const answers = await Promise.all(
      this.#hypervisors.hosts.map(async (host) => this.#ask(host, wanted, signal)),
    )
    const found = answers.some(({ infos }) => infos.size > 0)
    const failed = answers.find(({ error }) => error !== undefined)?.error
    if (!found && failed !== undefined) throw failed
    const now = this.#hypervisors.clock.now()
    return instances.flatMap(({ id }) => {
      const answer = answers.find(({ infos }) => infos.has(id))
      const why = failed === undefined ? 'it does not run, or is gone' : failed.message
      return [this.#cpu(id, answer?.infos.get(id), now, why), memoryOf(id, answer?.memory.get(id), now, why)]
    })
  }

  /** A host that does not answer must not keep the others' readings away. */
  async #ask(host: Host, wanted: ReadonlySet<string>, signal: AbortSignal): Promise<HostAnswer> {
    const infos = new Map<string, InfoSample>()
    try {
      if (this.#hypervisors.isKnownDown(host)) return nothing
      const machines = (await host.machines.get(signal)).filter(({ ref }) => wanted.has(ref.uuid))
      for (const { ref, sample } of machines) if (sample !== undefined) infos.set(ref.uuid, sample)
      const refs = machines.filter(({ sample }) => sample?.kind === 'info').map(({ ref }) => ref)
      const memory = await host.memory.read(refs, this.#memoryEveryMs, signal)
      return { infos, memory, error: undefined }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof FlotillaError)) throw error
      return { infos, memory: new Map(), error }
    }
  }

  #cpu(id: string, sample: InfoSample | undefined, now: number, why: string): Reading {
    const of = { info: cpuInfo, instanceId: id, at: now }
    if (sample === undefined) return absentReading(of, why)
    if (sample.kind === 'none') return absentReading(of, sample.reason)
    const { info, atMs, at } = sample
    const cpuMs = Number(info.cpuTimeNs) / 1e6
    // With another number of processors its times cannot be compared.
    const run = `${info.vcpus} vCPUs`
    const use = this.#meter.read({ instanceId: id, run, cpuMs, atMs, cores: info.vcpus })
    return 'absent' in use
      ? absentReading({ ...of, at }, use.absent)
      : readingFrom({ ...of, at, windowMs: use.windowMs }, use.ratio)
  }
}

const cpuInfo = { name: 'cpu', unit: 'ratio' } as const
const memoryInfo = { name: 'memory', unit: 'bytes' } as const

function memoryOf(id: string, sample: MemorySample | undefined, now: number, why: string): Reading {
  const of = { info: memoryInfo, instanceId: id, at: sample?.at ?? now }
  if (sample === undefined) return absentReading(of, why)
  return sample.bytes === undefined
    ? absentReading(of, 'neither the guest nor QEMU tells what memory it uses')
    : readingFrom(of, sample.bytes)
}
