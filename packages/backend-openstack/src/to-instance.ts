import type { Address, Instance } from '@flotilla/core'
import type { Server, ServerAddress } from '@flotilla/openstack-client'
import type { OwnedServer } from './labels.js'
import type { Settings } from './options/settings.js'
import { hostReason, impairedOf } from './cloud/impaired.js'
import { statusOf, type StatusInWords } from './status.js'

/** When a server was listed, epoch milliseconds, and how long it had been in BUILD. */
export interface ListedAt {
  readonly now: number
  readonly buildMs: number
}

/** The instance of a server. */
export function toInstance(
  { server, label }: OwnedServer,
  { template, buildTimeoutMs }: Pick<Settings, 'template' | 'buildTimeoutMs'>,
  { now, buildMs }: ListedAt,
): Instance {
  const { status, statusReason } = statusOf(server, { buildMs, buildTimeoutMs })
  const hasAddress = status === 'running' || status === 'paused'
  const address = hasAddress ? addressOf(server, template) : undefined
  const reason = joined(
    statusReason,
    status === 'running' && address === undefined ? noAddressReason(server, template) : undefined,
    hostReason(server.raw),
    // A locked server is never ended: the controller's log should say why it stays.
    server.isLocked === true ? 'locked' : undefined,
  )
  const impaired = impairedOf(server)
  const zone = server.availabilityZone ?? label.zone
  return {
    id: server.id,
    group: label.group,
    token: label.token,
    name: server.name,
    status,
    ...(reason === undefined ? {} : { statusReason: reason }),
    ...(impaired === undefined ? {} : { impaired }),
    ...(address === undefined ? {} : { address }),
    createdAt: server.createdAt ?? now,
    ...(zone === undefined ? {} : { zone }),
    ...(label.templateHash === undefined ? {} : { templateHash: label.templateHash }),
  }
}

const joined = (...parts: readonly StatusInWords['statusReason'][]): string | undefined => {
  const given = parts.filter((part) => part !== undefined)
  return given.length === 0 ? undefined : given.join('; ')
}

/** Why a server has no address, and which addresses it has instead; undefined without a `port`, which means no address. */
export function noAddressReason(
  { addresses }: Pick<Server, 'addresses'>,
  { port, address, networks, floatingIpFrom }: Settings['template'],
): string | undefined {
  if (port === undefined) return undefined
  const kind = address.kind ?? (floatingIpFrom === undefined ? 'fixed' : 'floating')
  const network = address.network ?? networks[0]?.network
  const version = address.version === undefined ? '' : ` of version ${address.version}`
  const wanted = `${kind} address${version}${network === undefined ? '' : ` on network ${network}`}`
  const has = addresses.map((one) => `${one.address} (${one.kind ?? 'fixed'}, ${one.network})`)
  return has.length === 0
    ? `it has no ${wanted}: Nova shows none yet; its port may have none, or Nova may not have heard of it from Neutron`
    : `it has no ${wanted}, only ${has.join(', ')}`
}

/** The address by the options `address`, `networks` and `floatingIpFrom`; undefined until the server has it. */
export function addressOf(
  { addresses }: Pick<Server, 'addresses'>,
  { port, address, networks, floatingIpFrom }: Settings['template'],
): Address | undefined {
  if (port === undefined) return undefined
  const kind = address.kind ?? (floatingIpFrom === undefined ? 'fixed' : 'floating')
  const fits = addresses.filter(
    (one) =>
      (one.kind ?? 'fixed') === kind && (address.version === undefined || one.version === address.version),
  )
  const wanted = address.network ?? networks[0]?.network
  // `networks` may name a network by its id. An address has only the name.
  const isKnown = addresses.some(({ network }) => network === wanted)
  const ofNetwork =
    wanted === undefined || (!isKnown && address.network === undefined) ? fits : named(fits, wanted)
  const found = ofNetwork.find(({ version }) => version === 4) ?? ofNetwork[0]
  return found === undefined ? undefined : { host: found.address, port }
}

const named = (addresses: readonly ServerAddress[], wanted: string): readonly ServerAddress[] =>
  addresses.filter(({ network }) => network === wanted)
