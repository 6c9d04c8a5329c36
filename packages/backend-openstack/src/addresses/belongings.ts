import { FlotillaError } from '@flotilla/core'
import { inParallel, toFlotillaError } from '@flotilla/core/authoring'
import { collect, type ServerNic } from '@flotilla/openstack-client'
import type { Context } from '../context.js'
import { findUnused, type Marked } from './unused.js'
import type { TemplateIds, CardIds } from '../cloud/template-ids.js'

/** Whom ports and a floating address are made for, and how errors name it. */
export interface MadeFor {
  /** Their name or description: see `belongingMark`. */
  readonly mark: string
  /** For errors: `launch web-1`. */
  readonly what: string
  readonly signal: AbortSignal
}

/**
 * Makes the network cards of a server: ports of our own where Nova's would not do, and a floating address on the first port.
 * They are made before the server, so that the server has them from the start.
 */
export async function makeBelongings(
  context: Context,
  { cards, externalNetworkId }: TemplateIds,
  owner: MadeFor,
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
  { choice, networkId, subnetId, securityGroupIds }: CardIds,
  { mark, what, signal }: MadeFor,
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

/** The kinds that we make for a server of this template, and `removeBelongings` looks for. */
export function ownedKinds({ template }: Context['settings']): readonly string[] {
  return [
    ...(template.networks.some(({ isOwnPort }) => isOwnPort) ? ['port'] : []),
    ...(template.floatingIpFrom === undefined ? [] : ['floating-ip']),
  ]
}

/** What a removal did. */
export interface Removal {
  /** Ids that are gone. */
  readonly removed: readonly string[]
  readonly failed: readonly { readonly id: string; readonly error: FlotillaError }[]
  /** Ids that somebody changed between the look and the removal. Look again. */
  readonly changed: readonly string[]
}

/** How often changed things are looked at again. Neutron itself changes those of a server that goes, but not so often. */
export const mostLooks = 4

/**
 * Removes unused floating addresses, then unused ports. Each is removed only in the revision that was looked at: one that
 * somebody has taken since stays.
 */
export async function removeUnused(
  { connection, settings }: Pick<Context, 'connection' | 'settings'>,
  { ports, floatingIps }: Marked,
  { what, signal }: Pick<MadeFor, 'what' | 'signal'>,
): Promise<Removal> {
  const removed: string[] = []
  const failed: { id: string; error: FlotillaError }[] = []
  const changed: string[] = []
  const each = async (kind: 'floatingIps' | 'ports', things: readonly Revised[]): Promise<void> => {
    const words = kind === 'ports' ? 'port' : 'floating address'
    await inParallel(things, settings.parallel, async (thing) => {
      try {
        const came = await connection.ask(
          { what: `${what}: remove ${words} ${thing.id}`, signal },
          async (client, call) => client.network[kind].deleteUnchanged(thing, call),
        )
        if (came === 'changed') changed.push(thing.id)
        else removed.push(thing.id)
      } catch (error) {
        signal.throwIfAborted()
        failed.push({ id: thing.id, error: toFlotillaError(error, what) })
      }
    })
  }
  await each('floatingIps', floatingIps)
  await each('ports', ports)
  return { removed, failed, changed }
}

type Revised = { readonly id: string; readonly revision: number | undefined }

/** Removes the floating addresses and ports of a server that is gone. What somebody else uses stays and becomes a problem. */
export async function removeBelongings(
  context: Pick<Context, 'connection' | 'settings' | 'problems'>,
  owns: readonly string[],
  owner: MadeFor & { readonly group: string; readonly endedId?: string | undefined },
): Promise<void> {
  if (owns.length === 0) return
  const { what, signal, group, endedId } = owner
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const { held, ...unused } = findUnused(await markedBy(context, owns, owner), endedId)
    context.problems.add(group, 'sweep', held)
    const { failed, changed } = await removeUnused(context, unused, { what, signal })
    const [first] = failed
    if (first !== undefined) throw first.error
    if (changed.length === 0) return
  }
}

/** Ports and floating addresses with this mark. A cloud that does not know a filter lists all. */
async function markedBy(
  { connection }: Pick<Context, 'connection'>,
  owns: readonly string[],
  { mark, what, signal }: MadeFor,
): Promise<Marked> {
  const floatingIps = owns.includes('floating-ip')
    ? await connection.ask({ what: `${what}: look at its floating address`, signal }, async (client, call) =>
        collect(client.network.floatingIps.list({ description: mark }, call)),
      )
    : []
  const ports = owns.includes('port')
    ? await connection.ask({ what: `${what}: look at its ports`, signal }, async (client, call) =>
        collect(client.network.ports.list({ name: mark }, call)),
      )
    : []
  return {
    floatingIps: floatingIps.filter(({ description }) => description === mark),
    ports: ports.filter(({ name }) => name === mark),
  }
}

/**
 * The same after a failed launch. The sweeper removes later what cannot be removed now. What a server uses that appeared after
 * all stays.
 */
export async function tryToRemoveBelongings(
  context: Pick<Context, 'connection' | 'settings'>,
  owns: readonly string[],
  owner: MadeFor,
): Promise<void> {
  if (owns.length === 0) return
  try {
    for (let looks = 0; looks < mostLooks; looks += 1) {
      const { changed } = await removeUnused(context, findUnused(await markedBy(context, owns, owner)), owner)
      if (changed.length === 0) return
    }
  } catch (error) {
    if (!(error instanceof FlotillaError)) throw error
  }
}
