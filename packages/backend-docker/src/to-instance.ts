import type { Address, Instance } from '@flotilla/core'
import type { Connection } from '@flotilla/docker-engine'
import type { ContainerFacts } from './container-facts.js'
import { statusOf, type OwnFacts } from './container-status.js'
import type { Label } from './labels.js'
import type { Template } from './options.js'

/** What an instance's description depends on, beside its container. */
export interface Surroundings {
  readonly template: Pick<Template, 'port' | 'network' | 'address' | 'publishOn'>
  readonly connection: Connection
  readonly zone: string | undefined
  readonly own: OwnFacts
}

/** One container of ours as the model has it. */
export function toInstance(facts: ContainerFacts, label: Label, surroundings: Surroundings): Instance {
  const { status, statusReason } = statusOf(facts, surroundings.own)
  const hasAddress = status === 'running' || status === 'paused'
  return {
    id: facts.id,
    group: label.group,
    token: label.token,
    name: facts.name,
    status,
    ...(statusReason === undefined ? {} : { statusReason }),
    // The address of what does not run may be a stranger's by now.
    ...(hasAddress ? { address: addressOf(facts, surroundings) } : {}),
    createdAt: facts.createdAt,
    ...(surroundings.zone === undefined ? {} : { zone: surroundings.zone }),
    ...(label.templateHash === undefined ? {} : { templateHash: label.templateHash }),
  }
}

/** The longest name that DNS takes as one label. */
const longestDnsLabel = 63

function addressOf(
  { id, name, networks, published }: ContainerFacts,
  { template, connection }: Surroundings,
): Address | undefined {
  const { port, network, address } = template
  if (port === undefined) return undefined
  switch (address) {
    case 'name':
      // Docker's DNS knows a container by the first twelve characters of its id too.
      return { host: name.length <= longestDnsLabel ? name : id.slice(0, 12), port }
    case 'published': {
      const found = published.find(({ containerPort }) => containerPort === port)
      if (found === undefined) return undefined
      return { host: hostOf(found.host, connection), port: found.port }
    }
    case 'ip': {
      const joined = networks[network ?? 'bridge'] ?? Object.values(networks).find(hasIp)
      const host = joined?.IPAddress || joined?.GlobalIPv6Address
      return host === undefined || host === '' ? undefined : { host, port }
    }
  }
}

const hasIp = (joined: { readonly IPAddress?: string } | null): boolean => (joined?.IPAddress ?? '') !== ''

/** Where a port that listens on `bound` is reached from here. */
function hostOf(bound: string, connection: Connection): string {
  const isEverywhere = bound === '' || bound === '0.0.0.0' || bound === '::'
  if (!isEverywhere) return bound
  return connection.kind === 'socket' ? '127.0.0.1' : connection.host
}
