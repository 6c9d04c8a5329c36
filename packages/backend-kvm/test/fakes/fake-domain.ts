import type { Clock } from '@flotilla/core'
import type { DiskError, DomainRef, DomainState } from '@flotilla/libvirt'
import { metadata } from '../../src/labels.js'
import { attributeOf, elementsAt, parseXml, textAt, xmlText } from '../../src/xml/xml.js'

export interface FakeCard {
  readonly mac: string
  readonly network: string | undefined
}

/** One domain of a fake hypervisor. */
export class FakeDomain {
  /** Changes when somebody renames it. */
  name: string
  readonly uuid: string
  /** As it is stored. */
  xml: string
  /** As it runs, where that differs: another disk was plugged in, or a snapshot was taken. */
  liveXml: string | undefined
  /** By name, what each says of the domain. */
  readonly snapshots = new Map<string, string>()
  hasCheckpoint = false
  /** Of its disks, once they failed. */
  diskErrors: readonly DiskError[] = []
  readonly disks: readonly string[]
  readonly cards: readonly FakeCard[]
  readonly vcpus: number
  readonly memoryKib: bigint
  /** What is stored, and what the running machine has. */
  config: string | undefined
  live: string | undefined
  /** What the saved image has, if there is one. */
  saved: string | undefined
  state: DomainState = { state: 'shutoff', reason: 0 }
  id = -1
  /** Made by `virsh create`, or undefined while it runs. */
  isTransient = false
  /** A guest that pays no heed to a request to power off. */
  isDeaf = false
  cores = 0
  memoryBytes = 0
  #cpuNs = 0
  #sinceMs: number
  readonly #clock: Clock

  constructor(xml: string, clock: Clock) {
    const root = parseXml(xml, 'define')
    this.xml = xml
    this.#clock = clock
    this.#sinceMs = clock.monotonic()
    this.name = textAt(root, 'name') ?? ''
    this.uuid = textAt(root, 'uuid') ?? ''
    this.vcpus = Number(textAt(root, 'vcpu') ?? 1)
    this.memoryKib = BigInt(textAt(root, 'memory') ?? 0) * 1024n
    this.disks = elementsAt(root, 'devices', 'disk', 'source').flatMap(
      (source) => attributeOf(source, 'file') ?? [],
    )
    this.cards = elementsAt(root, 'devices', 'interface').map((card) => ({
      mac: attributeOf(elementsAt(card, 'mac')[0], 'address') ?? '',
      network: attributeOf(elementsAt(card, 'source')[0], 'network'),
    }))
    const own = elementsAt(root, 'metadata', metadata.element)[0]
    this.config = own === undefined ? undefined : xmlText(own)
  }

  get ref(): DomainRef {
    return { name: this.name, uuid: this.uuid, id: this.id }
  }

  get isActive(): boolean {
    return this.state.state !== 'shutoff' && this.state.state !== 'crashed'
  }

  get cpuTimeNs(): bigint {
    const elapsedMs = this.#clock.monotonic() - this.#sinceMs
    return BigInt(Math.round(this.#cpuNs + this.cores * elapsedMs * 1e6))
  }

  setUse({ cores, memoryBytes }: { readonly cores: number; readonly memoryBytes: number }): void {
    this.#cpuNs = Number(this.cpuTimeNs)
    this.#sinceMs = this.#clock.monotonic()
    this.cores = cores
    this.memoryBytes = memoryBytes
  }

  start(id: number): void {
    this.id = id
    this.live = this.saved ?? this.config
    this.saved = undefined
    this.#cpuNs = 0
    this.#sinceMs = this.#clock.monotonic()
    this.state = { state: 'running', reason: 1 }
  }

  stop(reason: number): void {
    this.id = -1
    this.live = undefined
    this.liveXml = undefined
    this.state = { state: 'shutoff', reason }
  }
}
