import type { Clock } from '@flotilla/core'
import { inParallel, messageOf } from '@flotilla/core/authoring'
import type { NetworkLease } from '@flotilla/libvirt'
import type { Host, Machine } from '../host/host.js'
import type { Template } from '../options.js'
import { isActive } from '../status.js'
import { whyNoLease } from './why-no-lease.js'

/** Agents asked at one time. */
const parallelAgents = 16
/** An address that nobody asked about for this long is forgotten. */
const forgottenMs = 3_600_000
/** Reasons of machines that are long gone are not kept for ever. */
const missingMaxCount = 10_000

interface Known {
  readonly ip: string
  /** When it was last asked about, on the clock's monotonic time. */
  readonly atMs: number
}

interface AddressFacts {
  readonly down?: ReadonlySet<Host>
  readonly hosts?: readonly Host[]
}

/** The IP addresses of machines, by UUID. What does not run has none: its address may be a stranger's by now. */
export class Addresses {
  readonly #template: Pick<Template, 'address' | 'networks' | 'port'>
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()
  /** By UUID: why a machine has no address. */
  readonly #missing = new Map<string, string>()

  constructor(template: Pick<Template, 'address' | 'networks' | 'port'>, clock: Clock) {
    this.#template = template
    this.#clock = clock
  }

  /**
   * @param given.down - hypervisors that do not answer: of their machines the last known address is given. So it is when
   *   the network or an agent cannot be asked: a machine that serves must not lose its address for that.
   * @param given.hosts - all of them: the host entry of a machine that was migrated stays where it was made
   */
  async of(
    machines: readonly Machine[],
    signal: AbortSignal,
    { down = new Set(), hosts: all = [] }: AddressFacts = {},
  ): Promise<ReadonlyMap<string, string>> {
    const { address, port, networks } = this.#template
    const [network] = networks
    if (port === undefined || address === 'none') return new Map()
    const active = machines.filter(({ state }) => isActive(state))
    const hosts = [...new Set(active.map(({ host }) => host))].filter((host) => !down.has(host))
    await Promise.all(
      hosts.map(async (host) => {
        const own = active.filter((machine) => machine.host === host)
        try {
          if (address === 'agent') await this.#askAgents(own, signal)
          else if (typeof network !== 'string') return
          else if (address === 'lease') await this.#readLeases(host, own, network, signal)
          else {
            const others = all.filter((one) => one !== host && !down.has(one))
            await this.#readEntries([host, ...others], own, network, signal)
          }
        } catch (error) {
          signal.throwIfAborted()
          for (const { ref } of own) {
            if (!this.#known.has(ref.uuid))
              this.#missing.set(ref.uuid, `it has no address: ${messageOf(error)}`)
          }
        }
      }),
    )
    return this.#pick(active)
  }

  /** Why a machine had no address when it was last asked for, and what gives addresses here. */
  whyNot(uuid: string): string | undefined {
    return this.#missing.get(uuid)
  }

  async #readLeases(
    host: Host,
    machines: readonly Machine[],
    network: string,
    signal: AbortSignal,
  ): Promise<void> {
    const leases = await host.leases.leases(network, signal)
    const without: string[] = []
    for (const { ref, owner } of machines) {
      const lease = freshLease(leases, owner.macs[0], owner.staleLease)
      if (lease !== undefined) this.#know(ref.uuid, lease.address)
      else {
        this.#known.delete(ref.uuid)
        without.push(ref.uuid)
      }
    }
    if (without.length === 0) return
    const why = await whyNoLease({ host, network, leases, now: this.#clock.now() }, signal)
    for (const uuid of without) this.#missing.set(uuid, why)
  }

  /** A host entry stays as long as its machine, so it is read once. The machine's own hypervisor is asked first. */
  async #readEntries(
    hosts: readonly Host[],
    machines: readonly Machine[],
    network: string,
    signal: AbortSignal,
  ): Promise<void> {
    const unknown = machines.filter(({ ref }) => !this.#known.has(ref.uuid))
    const [host, ...others] = hosts
    if (unknown.length === 0 || host === undefined) return
    const { entries } = await host.leases.network(network, signal)
    for (const { ref, owner } of unknown) {
      const entry = entries.find(({ mac, name }) => mac === owner.macs[0] && name === owner.entryName)
      if (entry !== undefined) this.#know(ref.uuid, entry.ip)
      else {
        const why = `it has no address: its DHCP host entry ${owner.entryName ?? ''} is not in network ${network} (any more)`
        this.#missing.set(ref.uuid, why)
      }
    }
    await this.#readEntries(others, unknown, network, signal)
  }

  async #askAgents(machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    // The agent of a paused machine cannot answer.
    const asked = machines.filter(({ ref, state }) => state.state === 'running' && !this.#known.has(ref.uuid))
    await inParallel(asked, parallelAgents, async ({ host, ref, owner }) => {
      const answer = await host.leases.agentAddress(ref, owner.macs[0], signal)
      if ('ip' in answer) this.#know(ref.uuid, answer.ip)
      else this.#missing.set(ref.uuid, `it has no address yet: ${answer.why}`)
    })
  }

  #know(uuid: string, ip: string): void {
    this.#known.set(uuid, { ip, atMs: this.#clock.monotonic() })
    this.#missing.delete(uuid)
  }

  #pick(machines: readonly Machine[]): ReadonlyMap<string, string> {
    const nowMs = this.#clock.monotonic()
    for (const [uuid, { atMs }] of this.#known) if (nowMs - atMs > forgottenMs) this.#known.delete(uuid)
    const found = new Map<string, string>()
    if (this.#missing.size > missingMaxCount) this.#missing.clear()
    for (const { ref } of machines) {
      const known = this.#known.get(ref.uuid)
      if (known === undefined) continue
      this.#know(ref.uuid, known.ip)
      found.set(ref.uuid, known.ip)
    }
    return found
  }
}

/**
 * The lease that a machine took itself. A destroyed machine's lease stays until it expires, and another with its MAC
 * address would be shown with it at once: so one that was there before the machine was started counts only once it has
 * been renewed.
 *
 * @param stale - expiry of the lease that its MAC had before the start, as its metadata say
 */
export function freshLease(
  leases: readonly NetworkLease[],
  mac: string | undefined,
  stale: string | undefined,
): NetworkLease | undefined {
  if (mac === undefined) return undefined
  const own = leases.filter(
    (lease) =>
      lease.family === 'ipv4' && lease.mac?.toLowerCase() === mac && String(lease.expiryTime) !== stale,
  )
  // After a guest was given another address, the older lease may still stand beside the newer one.
  return own.reduce<NetworkLease | undefined>(
    (latest, lease) =>
      latest === undefined || isLater(lease.expiryTime, latest.expiryTime) ? lease : latest,
    undefined,
  )
}

/** 0 means that it never expires. */
const isLater = (one: bigint, other: bigint): boolean => other !== 0n && (one === 0n || one > other)
