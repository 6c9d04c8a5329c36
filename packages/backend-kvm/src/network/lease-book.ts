import { SharedAnswer, messageOf } from '@flotilla/core/authoring'
import type { DomainRef, NetworkLease } from '@flotilla/libvirt'
import type { Link } from '../connection/link.js'
import { readNetwork, type NetworkFacts } from '../xml/network-xml.js'

/** The addresses that the networks of one hypervisor gave out: one call for a network, whoever asks within a tick. */
export class LeaseBook {
  readonly #link: Link
  readonly #maxAgeMs: number
  readonly #leases = new Map<string, SharedAnswer<readonly NetworkLease[]>>()
  readonly #networks = new Map<string, SharedAnswer<NetworkFacts>>()

  constructor(link: Link, maxAgeMs: number) {
    this.#link = link
    this.#maxAgeMs = maxAgeMs
  }

  async leases(network: string, signal: AbortSignal): Promise<readonly NetworkLease[]> {
    const book =
      this.#leases.get(network) ??
      new SharedAnswer({
        fetch: async (inner) =>
          this.#link.ask(
            { what: `read the leases of network ${network}`, signal: inner },
            async (hypervisor, call) => {
              const ref = await hypervisor.networkLookupByName(network, call)
              return hypervisor.networkGetDhcpLeases(ref, undefined, call)
            },
          ),
        clock: this.#link.clock,
        maxAgeMs: this.#maxAgeMs,
      })
    this.#leases.set(network, book)
    return book.get(signal)
  }

  async network(network: string, signal: AbortSignal): Promise<NetworkFacts> {
    const book =
      this.#networks.get(network) ??
      new SharedAnswer({
        fetch: async (inner) =>
          this.#link.ask({ what: `read network ${network}`, signal: inner }, async (hypervisor, call) => {
            const ref = await hypervisor.networkLookupByName(network, call)
            return readNetwork(await hypervisor.networkGetXmlDesc(ref, 0, call))
          }),
        clock: this.#link.clock,
        maxAgeMs: this.#maxAgeMs,
      })
    this.#networks.set(network, book)
    return book.get(signal)
  }

  /** Something was written to a network. */
  invalidate(): void {
    for (const book of this.#networks.values()) book.invalidate()
    for (const book of this.#leases.values()) book.invalidate()
  }

  async isActive(network: string, signal: AbortSignal): Promise<boolean> {
    const what = `look whether network ${network} is active`
    return this.#link.ask({ what, signal }, async (hypervisor, call) =>
      hypervisor.networkIsActive(await hypervisor.networkLookupByName(network, call), call),
    )
  }

  /** The address that the guest agent reports, or why it reports none. */
  async agentAddress(
    ref: DomainRef,
    mac: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly ip: string } | { readonly why: string }> {
    try {
      const found = await this.#link.ask(
        { what: `ask the agent of ${ref.name}`, signal, timeoutMs: agentTimeoutMs },
        async (hypervisor, call) => hypervisor.domainInterfaceAddresses(ref, 'agent', call),
      )
      const card = found.find((one) => one.mac?.toLowerCase() === mac)
      const ip = card?.addresses.find(({ family }) => family === 'ipv4')?.address
      return ip === undefined
        ? { why: `its guest agent tells no IPv4 address of the card ${mac ?? ''}` }
        : { ip }
    } catch (error) {
      signal.throwIfAborted()
      const said = messageOf(error)
      return {
        why: `its guest agent gives no answer: is qemu-guest-agent installed and running in the guest? ${said}`,
      }
    }
  }
}

/** An agent that hangs must not hold up the list of its group. */
const agentTimeoutMs = 3000
