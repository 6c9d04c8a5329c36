import { SharedAnswer } from '@flotilla/core'
import type { DomainRef, NetworkLease } from '@flotilla/libvirt'
import type { Host } from './host.js'
import { readNetwork, type NetworkFacts } from './network-xml.js'

/** The addresses that the networks of one hypervisor gave out: one call for a network, whoever asks within a tick. */
export class LeaseBook {
  readonly #host: Host
  readonly #leases = new Map<string, SharedAnswer<readonly NetworkLease[]>>()
  readonly #networks = new Map<string, SharedAnswer<NetworkFacts>>()

  constructor(host: Host) {
    this.#host = host
  }

  async leases(network: string, signal: AbortSignal): Promise<readonly NetworkLease[]> {
    const book =
      this.#leases.get(network) ??
      new SharedAnswer({
        fetch: async (inner) =>
          this.#host.ask(
            { what: `read the leases of network ${network}`, signal: inner },
            async (hypervisor, call) => {
              const ref = await hypervisor.networkLookupByName(network, call)
              return hypervisor.networkGetDhcpLeases(ref, undefined, call)
            },
          ),
        clock: this.#host.clock,
        maxAgeMs: this.#host.listMaxAgeMs,
      })
    this.#leases.set(network, book)
    return book.get(signal)
  }

  async network(network: string, signal: AbortSignal): Promise<NetworkFacts> {
    const book =
      this.#networks.get(network) ??
      new SharedAnswer({
        fetch: async (inner) =>
          this.#host.ask({ what: `read network ${network}`, signal: inner }, async (hypervisor, call) => {
            const ref = await hypervisor.networkLookupByName(network, call)
            return readNetwork(await hypervisor.networkGetXmlDesc(ref, 0, call))
          }),
        clock: this.#host.clock,
        maxAgeMs: this.#host.listMaxAgeMs,
      })
    this.#networks.set(network, book)
    return book.get(signal)
  }

  /** Something was written to a network. */
  invalidate(): void {
    for (const book of this.#networks.values()) book.invalidate()
    for (const book of this.#leases.values()) book.invalidate()
  }

  /** What the guest's own agent says; no address where it does not answer (yet). */
  async agentAddress(
    ref: DomainRef,
    mac: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const found = await this.#host.ask(
        { what: `ask the agent of ${ref.name}`, signal, timeoutMs: agentTimeoutMs },
        async (hypervisor, call) => hypervisor.domainInterfaceAddresses(ref, 'agent', call),
      )
      const card = found.find((one) => one.mac?.toLowerCase() === mac)
      return card?.addresses.find(({ family }) => family === 'ipv4')?.address
    } catch {
      signal.throwIfAborted()
      return undefined
    }
  }
}

/** An agent that hangs must not hold up the list of its group. */
const agentTimeoutMs = 3000
