import { FlotillaError, type ErrorCode } from '@flotilla/core'
import type { Step } from '../connection/link.js'
import { isEntryTaken, isNoEntry } from '../errors.js'
import type { Host } from '../host/host.js'
import { hostEntryXml, type HostEntry } from '../xml/network-xml.js'
import { ipv4Range } from './ip-range.js'

export interface EntryRequest {
  readonly network: string
  readonly range: { readonly from: string; readonly to: string }
  readonly mac: string
  readonly name: string
}

/** Another controller may take an address between our look and our entry. */
const mostTries = 8

/**
 * Keeps an address of the range for a network card, and gives it. Asked twice for one card, it gives the same.
 *
 * @throws FlotillaError `no-capacity` when the range is used up, `invalid-template` when the network has no DHCP
 */
export async function reserveAddress(host: Host, request: EntryRequest, step: Step): Promise<string> {
  const { network, mac, name } = request
  const what = `${step.what}: keep an address in network ${network}`
  return host.turns.run(`entries of ${network}`, step.signal, async () => {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const entries = await current(host, network, what, step)
      const own = entries.find((entry) => entry.mac === mac && entry.name === name)
      if (own !== undefined) return own.ip
      const ip = await freeAddress(host, request, entries, what, step)
      try {
        await update(host, { network, command: 'add-last', entry: { mac, ip, name } }, { ...step, what })
        return ip
      } catch (error) {
        if (!isEntryTaken(error)) throw error
      }
    }
    throw new FlotillaError('conflict', `${what}: others take the addresses as fast as they are found`)
  })
}

/** Gives an address back. Succeeds when there is no such entry, or no such network any more. */
export async function releaseAddress(
  host: Host,
  { network, name }: { readonly network: string; readonly name: string },
  step: Step,
): Promise<void> {
  const what = `${step.what}: give its address in network ${network} back`
  await host.turns.run(`entries of ${network}`, step.signal, async () => {
    const entries = await current(host, network, what, step).catch((error: unknown) => {
      // Without the network there is no entry in it.
      if (codeOf(error) === 'invalid-template') return []
      throw error
    })
    for (const entry of entries.filter((one) => one.name === name)) {
      await update(host, { network, command: 'delete', entry }, { ...step, what }).catch((error: unknown) => {
        if (!isNoEntry(error)) throw error
      })
    }
  })
}

const codeOf = (error: unknown): ErrorCode | undefined =>
  error instanceof FlotillaError ? error.code : undefined

async function current(
  host: Host,
  network: string,
  what: string,
  { signal }: Step,
): Promise<readonly HostEntry[]> {
  host.leases.invalidate()
  const facts = await host.leases.network(network, signal)
  if (!facts.hasDhcp) {
    const message = `${what}: it has no DHCP; address: 'agent' or 'none' would do`
    throw new FlotillaError('invalid-template', message)
  }
  return facts.entries
}

/** The lowest address that nobody has: neither by an entry, nor by a lease, nor the network itself. */
async function freeAddress(
  host: Host,
  { network, range, mac }: EntryRequest,
  entries: readonly HostEntry[],
  what: string,
  { signal }: Step,
): Promise<string> {
  const [{ ownAddress }, leases] = await Promise.all([
    host.leases.network(network, signal),
    host.leases.leases(network, signal),
  ])
  const taken = new Set(entries.map(({ ip }) => ip))
  for (const lease of leases) if (lease.mac?.toLowerCase() !== mac) taken.add(lease.address)
  if (ownAddress !== undefined) taken.add(ownAddress)
  for (const ip of ipv4Range(range)) if (!taken.has(ip)) return ip
  throw new FlotillaError('no-capacity', `${what}: no address from ${range.from} to ${range.to} is free`)
}

/** VIR_NETWORK_UPDATE_AFFECT_LIVE and _CONFIG. */
const liveAndConfig = 3

async function update(
  host: Host,
  change: { readonly network: string; readonly command: 'add-last' | 'delete'; readonly entry: HostEntry },
  step: Step,
): Promise<void> {
  const { network, command, entry } = change
  try {
    await host.ask(step, async (hypervisor, call) => {
      const ref = await hypervisor.networkLookupByName(network, call)
      const xml = hostEntryXml(entry)
      await hypervisor.networkUpdate(
        ref,
        { command, section: 'ip-dhcp-host', xml, flags: liveAndConfig },
        call,
      )
    })
  } finally {
    host.leases.invalidate()
  }
}
