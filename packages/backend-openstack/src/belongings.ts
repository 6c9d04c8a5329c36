import { FlotillaError } from '@flotilla/core'
import { collect, type ServerNic } from '@flotilla/openstack-client'
import type { Context } from './context.js'
import type { Resolved, ResolvedCard } from './resolve.js'

/** Whose ports and floating address, and how they are spoken of. */
export interface Belonger {
  /** What their name or description is: see `belongingMark`. */
  readonly mark: string
  /** For errors: `launch web-1`. */
  readonly what: string
  readonly signal: AbortSignal
}

/**
 * The cards of a server: ports of ours where Nova's own would not do, and a floating address that leads to the first.
 * They come before the server, so that it is whole as soon as it is there.
 */
export async function makeBelongings(
  context: Context,
  { cards, externalNetworkId }: Resolved,
  owner: Belonger,
): Promise<readonly ServerNic[]> {
  const nics: ServerNic[] = []
  for (const card of cards) {
    nics.push(
      card.choice.isOwnPort
        ? { portId: await makePort(context, card, owner) }
        : { networkId: card.networkId },
    )
  }
  const [first] = nics
  if (externalNetworkId === undefined || first === undefined || !('portId' in first)) return nics
  const { mark, what, signal } = owner
  const { portId } = first
  await context.connection.ask({ what: `${what}: make its floating address`, signal }, async (client, call) =>
    client.network.floatingIps.create({ networkId: externalNetworkId, portId, description: mark }, call),
  )
  return nics
}

async function makePort(
  { connection }: Context,
  { choice, networkId, subnetId, securityGroupIds }: ResolvedCard,
  { mark, what, signal }: Belonger,
): Promise<string> {
  const { allowedAddresses, portSecurity } = choice
  const port = await connection.ask(
    { what: `${what}: make its port on ${choice.network}`, signal },
    async (client, call) =>
      client.network.ports.create(
        {
          networkId,
          name: mark,
          ...(subnetId === undefined ? {} : { fixedIps: [{ subnetId }] }),
          ...(securityGroupIds === undefined ? {} : { securityGroups: securityGroupIds }),
          ...(portSecurity === undefined ? {} : { portSecurityEnabled: portSecurity }),
          ...(allowedAddresses === undefined
            ? {}
            : { allowedAddressPairs: allowedAddresses.map((ipAddress) => ({ ipAddress })) }),
        },
        call,
      ),
  )
  return port.id
}

/** What of a template's belongings is ours: what `removeBelongings` has to look for. */
export function ownedKinds({ template }: Context['settings']): readonly string[] {
  return [
    ...(template.networks.some(({ isOwnPort }) => isOwnPort) ? ['port'] : []),
    ...(template.floatingIpFrom === undefined ? [] : ['floating-ip']),
  ]
}

/** Removes the floating addresses, then the ports, that carry a mark. */
export async function removeBelongings(
  { connection }: Pick<Context, 'connection'>,
  owns: readonly string[],
  { mark, what, signal }: Belonger,
): Promise<void> {
  if (owns.includes('floating-ip')) {
    await connection.ask({ what: `${what}: remove its floating address`, signal }, async (client, call) => {
      const found = await collect(client.network.floatingIps.list({ description: mark }, call))
      for (const { id, description } of found) {
        // A cloud that does not know the filter gives everybody's.
        if (description === mark) await client.network.floatingIps.delete(id, call)
      }
    })
  }
  if (!owns.includes('port')) return
  await connection.ask({ what: `${what}: remove its ports`, signal }, async (client, call) => {
    const found = await collect(client.network.ports.list({ name: mark }, call))
    for (const { id, name } of found) if (name === mark) await client.network.ports.delete(id, call)
  })
}

/**
 * The same when the launch has failed: what cannot be removed now is swept later, and what a server has taken, that
 * came after all, is left to it.
 */
export async function tryToRemoveBelongings(
  context: Context,
  owns: readonly string[],
  owner: Belonger,
): Promise<void> {
  if (owns.length === 0) return
  const { mark, what, signal } = owner
  try {
    const ports = await context.connection.ask(
      { what: `${what}: look at its ports`, signal },
      async (client, call) => collect(client.network.ports.list({ name: mark }, call)),
    )
    if (ports.some(({ name, deviceId }) => name === mark && deviceId !== undefined)) return
    await removeBelongings(context, owns, owner)
  } catch (error) {
    if (!(error instanceof FlotillaError)) throw error
  }
}
