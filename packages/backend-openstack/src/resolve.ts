import { FlotillaError, SharedAnswer } from '@flotilla/core'
import type { Cloud, Flavor } from '@flotilla/openstack-client'
import type { Connection } from './connection.js'
import type { NetworkChoice, Template } from './options.js'

/** A card with ids for its names. */
export interface ResolvedCard {
  readonly choice: NetworkChoice
  readonly networkId: string
  readonly subnetId: string | undefined
  readonly securityGroupIds: readonly string[] | undefined
}

/** What the names of a template stand for. */
export interface Resolved {
  readonly imageId: string
  readonly flavor: Flavor
  readonly cards: readonly ResolvedCard[]
  readonly externalNetworkId: string | undefined
  readonly serverGroupId: string | undefined
}

/** Names change what they stand for seldom; the newest image, when a pipeline makes one. */
const maxAgeMs = 60_000

interface Look {
  readonly client: Cloud
  readonly call: { readonly signal: AbortSignal }
}

/** The ids of a template's names, looked up once a minute at most; a name that is not there is an `invalid-template`. */
export function resolver(connection: Connection, template: Template): SharedAnswer<Resolved> {
  return new SharedAnswer({
    clock: connection.clock,
    maxAgeMs,
    fetch: async (signal) =>
      connection.ask({ what: 'look up the template', signal }, async (client, call) =>
        resolve({ client, call }, template),
      ),
  })
}

async function resolve(look: Look, template: Template): Promise<Resolved> {
  const { client, call } = look
  const { flavor, networks, floatingIpFrom, serverGroup } = template
  const find = async <T>(kind: string, name: string, found: Promise<T | undefined>): Promise<T> => {
    const thing = await found
    if (thing !== undefined) return thing
    throw new FlotillaError('invalid-template', `look up the template: there is no ${kind} ${name}`)
  }
  const network = async (name: string): Promise<string> =>
    (await find('network', name, client.network.networks.find(name, call))).id
  const [imageId, size, cards, externalNetworkId, serverGroupId] = await Promise.all([
    findImage(look, template),
    find('flavor', flavor, client.compute.flavors.find(flavor, call)),
    Promise.all(
      networks.map(async (choice): Promise<ResolvedCard> => {
        const { subnet, isOwnPort } = choice
        const groups = choice.securityGroups ?? template.securityGroups
        const isGiven = choice.securityGroups !== undefined || groups.length > 0
        const [networkId, subnetId, securityGroupIds] = await Promise.all([
          network(choice.network),
          subnet === undefined
            ? undefined
            : find('subnet', subnet, client.network.subnets.find(subnet, call)).then(({ id }) => id),
          isOwnPort && isGiven
            ? Promise.all(
                groups.map(
                  async (name) =>
                    (await find('security group', name, client.network.securityGroups.find(name, call))).id,
                ),
              )
            : undefined,
        ])
        return { choice, networkId, subnetId, securityGroupIds }
      }),
    ),
    floatingIpFrom === undefined ? undefined : network(floatingIpFrom),
    serverGroup === undefined
      ? undefined
      : find('server group', serverGroup, client.compute.serverGroups.find(serverGroup, call)).then(
          ({ id }) => id,
        ),
  ])
  return { imageId, flavor: size, cards, externalNetworkId, serverGroupId }
}

async function findImage({ client, call }: Look, { image }: Template): Promise<string> {
  const found =
    typeof image === 'string'
      ? await client.image.find(image, call)
      : await client.image.newest({ status: 'active', ...image.newest }, call)
  if (found !== undefined) return found.id
  const words = typeof image === 'string' ? image : `with ${JSON.stringify(image.newest)}`
  throw new FlotillaError('invalid-template', `look up the template: there is no image ${words}`)
}
