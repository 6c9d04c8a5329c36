import type { NetworkLease } from '@flotilla/libvirt'
import type { Host } from '../host/host.js'
import type { NetworkFacts } from '../xml/network-xml.js'
import { ipv4Number } from './ip-range.js'

export interface LeaseFacts {
  readonly host: Host
  readonly network: string
  readonly leases: readonly NetworkLease[]
  /** Epoch milliseconds. */
  readonly now: number
}

/** Why a guest has got no address of a network yet, with what gives addresses there. */
export async function whyNoLease(
  { host, network, leases, now }: LeaseFacts,
  signal: AbortSignal,
): Promise<string> {
  const [isActive, facts] = await Promise.all([
    host.leases.isActive(network, signal),
    host.leases.network(network, signal),
  ])
  const no = 'it has no address'
  if (!isActive) return `${no}: network ${network} is not active; start it: virsh net-start ${network}`
  if (!facts.hasDhcp) return `${no}: network ${network} has no DHCP; address: 'agent' or 'none' would do`
  const { size, taken } = useOfRanges(facts, leases, now)
  const ranges = facts.ranges.map(({ from, to }) => `${from} to ${to}`).join(', ')
  if (size > 0 && taken >= size) {
    return (
      `${no}: the DHCP range of network ${network} (${ranges}) is used up: ${taken} of ${size} are leased, and those of machines ` +
      'that are gone last until they expire. A wider range, shorter leases or host entries (address: { from, to }) would do'
    )
  }
  const text = `${no} yet: network ${network} gives them by DHCP`
  return size === 0
    ? `${text} to hosts that have an entry, and has no range for others`
    : `${text} (${ranges}, ${taken} of ${size} leased), and the guest has taken none`
}

function useOfRanges(
  { ranges }: NetworkFacts,
  leases: readonly NetworkLease[],
  now: number,
): { readonly size: number; readonly taken: number } {
  const bounds = ranges.map(({ from, to }) => [ipv4Number(from), ipv4Number(to)] as const)
  const isIn = (address: string): boolean =>
    bounds.some(([from, to]) => ipv4Number(address) >= from && ipv4Number(address) <= to)
  const valid = leases.filter(
    ({ family, expiryTime }) => family === 'ipv4' && (expiryTime === 0n || Number(expiryTime) * 1000 > now),
  )
  return {
    size: bounds.reduce((sum, [from, to]) => sum + Math.max(0, to - from + 1), 0),
    taken: new Set(valid.filter(({ address }) => isIn(address)).map(({ address }) => address)).size,
  }
}
