import type { Address } from '@flotilla/core'
import type { Connection, Networks } from '@flotilla/docker-engine'
import type { ContainerFacts } from './engine/container-facts.js'
import type { Template } from './options/settings.js'

/** What an address depends on, beside the container. */
export interface AddressOptions {
  readonly template: Pick<Template, 'port' | 'network' | 'address'>
  readonly connection: Connection
}

/** An address, or why a container that runs has none; both undefined where none is wanted. */
export interface FoundAddress {
  readonly address?: Address | undefined
  readonly missing?: string | undefined
}

/** The longest name that DNS takes as one label. */
const longestDnsLabel = 63
/** The network that a container is in without a word: Docker's, and Podman's. */
const usualNetworks = ['bridge', 'podman']

/** Where a container answers: in the configured network and in no other, for another is none of the balancer's. */
export function findAddress(facts: ContainerFacts, { template, connection }: AddressOptions): FoundAddress {
  const { port, network, address } = template
  if (port === undefined) return {}
  if (address === 'published') return publishedAddress(facts, port, connection)
  const joined = joinedNetwork(facts.networks, network)
  if (joined === undefined)
    return { missing: `it is not in ${inWords(network)}; ${whatWouldDo(facts, network)}` }
  // Docker's DNS knows a container by the first twelve characters of its id too.
  if (address === 'name') {
    const { name, id } = facts
    return { address: { host: name.length <= longestDnsLabel ? name : id.slice(0, 12), port } }
  }
  const host = joined.IPAddress || joined.GlobalIPv6Address
  if (host === undefined || host === '') return { missing: `it has no address in ${inWords(network)}` }
  return { address: { host, port } }
}

type Joined = NonNullable<Networks[string]>

/** By name, id, or the beginning of an id, as Docker takes a network. */
function joinedNetwork(networks: Networks, wanted: string | undefined): Joined | undefined {
  const names = wanted === undefined ? usualNetworks : [wanted]
  const byName = names.map((name) => networks[name]).find((joined) => joined !== undefined && joined !== null)
  if (byName !== undefined && byName !== null) return byName
  if (wanted === undefined || !/^[0-9a-f]+$/.test(wanted)) return undefined
  return Object.values(networks).find((joined) => joined?.NetworkID?.startsWith(wanted) === true) ?? undefined
}

const inWords = (network: string | undefined): string =>
  network === undefined ? "the engine's usual network" : `network ${network}`

const whatWouldDo = ({ name }: ContainerFacts, network: string | undefined): string =>
  `docker network connect ${network ?? 'bridge'} ${name} would bring it back`

function publishedAddress({ published }: ContainerFacts, port: number, connection: Connection): FoundAddress {
  const found = published.find(({ containerPort }) => containerPort === port)
  if (found === undefined) return { missing: `the engine publishes no port for its port ${port}` }
  return { address: { host: hostOf(found.host, connection), port: found.port } }
}

/** Where a port that listens on `bound` is reached from here. */
function hostOf(bound: string, connection: Connection): string {
  const isEverywhere = bound === '' || bound === '0.0.0.0' || bound === '::'
  if (!isEverywhere) return bound
  return connection.kind === 'socket' ? '127.0.0.1' : connection.host
}
