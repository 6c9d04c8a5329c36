import { FlotillaError } from '@flotilla/core'
import { SharedAnswer } from '@flotilla/core/authoring'
import { collect, type Cloud, type Flavor, type Named } from '@flotilla/openstack-client'
import type { Asking } from '../connection/asking.js'
import type { NetworkChoice, Template } from '../options/settings.js'

/** A network card with the ids of its names. */
export interface CardIds {
  readonly choice: NetworkChoice
  readonly networkId: string
  readonly subnetId: string | undefined
  readonly securityGroupIds: readonly string[] | undefined
}

/** The ids of a template's names. */
export interface TemplateIds {
  readonly imageId: string
  readonly flavor: Flavor
  readonly cards: readonly CardIds[]
  readonly externalNetworkId: string | undefined
  readonly serverGroupId: string | undefined
}

/** A name seldom gets another id; the newest image changes when a pipeline makes one. */
const maxAgeMs = 60_000

interface Look {
  readonly client: Cloud
  readonly call: { readonly signal: AbortSignal }
}

/** Looks the names of a template up, at most once a minute. A name that does not exist is an `invalid-template`. */
export function templateIdsReader(connection: Asking, template: Template): SharedAnswer<TemplateIds> {
  return new SharedAnswer({
    clock: connection.clock,
    maxAgeMs,
    fetch: async (signal) =>
      connection.ask({ what: 'look up the template', signal }, async (client, call) =>
        resolve({ client, call }, template),
      ),
  })
}

async function resolve(look: Look, template: Template): Promise<TemplateIds> {
  const { client, call } = look
  const { flavor, networks, floatingIpFrom, serverGroup, address } = template
  const find = async <T>(kind: string, name: string, found: Promise<T | undefined>): Promise<T> => {
    const thing = await found
    if (thing !== undefined) return thing
    throw new FlotillaError('invalid-template', `look up the template: there is no ${kind} ${name}`)
  }
  const { networks: allNetworks, subnets, securityGroups } = client.network
  const neutron = async <T extends Named>(kind: string, name: string, things: Listed<T>): Promise<string> =>
    (await find(kind, name, findOwn(look, things, name))).id
  const network = (name: string): Promise<string> => neutron('network', name, allNetworks)
  const [imageId, size, cards, externalNetworkId, serverGroupId, addressNetworkId] = await Promise.all([
    findImage(look, template),
    find('flavor', flavor, client.compute.flavors.find(flavor, call)),
    Promise.all(
      networks.map(async (choice): Promise<CardIds> => {
        const { subnet, isOwnPort } = choice
        const groups = choice.securityGroups ?? template.securityGroups
        const isGiven = choice.securityGroups !== undefined || groups.length > 0
        const [networkId, subnetId, securityGroupIds] = await Promise.all([
          network(choice.network),
          subnet === undefined ? undefined : neutron('subnet', subnet, subnets),
          isOwnPort && isGiven
            ? Promise.all(groups.map((name) => neutron('security group', name, securityGroups)))
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
    address.network === undefined ? undefined : network(address.network),
  ])
  if (addressNetworkId !== undefined && networks.length > 0)
    expectCard(cards, { name: address.network ?? '', id: addressNetworkId })
  return { imageId, flavor: size, cards, externalNetworkId, serverGroupId }
}

/** Refuses an `address.network` that no card is on: such an address would never come. */
function expectCard(cards: readonly CardIds[], { name, id }: Named): void {
  if (cards.some(({ networkId }) => networkId === id)) return
  const has = cards.map(({ choice }) => choice.network).join(', ')
  const text = `look up the template: address.network ${name} is none of its networks, which are ${has}`
  throw new FlotillaError('invalid-template', text)
}

/** The calls of a Neutron collection that are used here. */
interface Listed<T> {
  list(filter: { name: string; projectId: string | undefined }, call: Look['call']): AsyncIterable<T>
  find(nameOrId: string, call: Look['call']): Promise<T | undefined>
}

/**
 * Finds a thing by name in our own project, else as `find` does. An admin sees the things of every project, and each project
 * has a `default` security group.
 */
async function findOwn<T>({ client, call }: Look, things: Listed<T>, name: string): Promise<T | undefined> {
  const { projectId } = await client.whoAmI(call)
  const own = projectId === undefined ? [] : await collect(things.list({ name, projectId }, call))
  return own.length === 1 ? own[0] : things.find(name, call)
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
