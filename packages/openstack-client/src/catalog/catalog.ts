import { OpenStackError } from '../openstack-error.js'
import type { Fields } from '../resources/fields.js'
import { namesOfService } from './service-types.js'

/** Who may use an address: users, services or admins. */
export type EndpointInterface = 'public' | 'internal' | 'admin'

/** One address of a service. */
export interface Endpoint {
  readonly interface: string
  readonly region: string | undefined
  readonly url: string
}

/** A service and its addresses. */
export interface CatalogService {
  readonly type: string
  readonly name: string | undefined
  readonly endpoints: readonly Endpoint[]
}

/** The services and addresses of a token; empty for a token without scope. */
export type Catalog = readonly CatalogService[]

/** Which of a service's addresses is wanted. */
export interface EndpointChoice {
  /** In the order of preference. */
  readonly interfaces: readonly EndpointInterface[]
  /** Default: the first that the catalogue names. */
  readonly region: string | undefined
}

/** Reads the `catalog` of a token. */
export const readCatalog = (services: readonly Fields[]): Catalog =>
  services.map((service) => ({
    type: service.text('type') ?? '',
    name: service.text('name'),
    endpoints: service.list('endpoints').map((endpoint) => ({
      interface: endpoint.text('interface') ?? '',
      region: endpoint.text('region_id') ?? endpoint.text('region'),
      url: endpoint.text('url') ?? '',
    })),
  }))

/**
 * The address of a service.
 *
 * @param type - official, or a former name
 * @throws OpenStackError `no-endpoint`, saying what the catalogue does have
 */
export function endpointOf(catalog: Catalog, type: string, choice: EndpointChoice): string {
  const endpoints = endpointsOf(catalog, type)
  if (endpoints.length === 0) {
    const types = [...new Set(catalog.map((entry) => entry.type))].toSorted((a, b) => a.localeCompare(b))
    const has = types.length === 0 ? 'is empty (a token without scope?)' : `has ${types.join(', ')}`
    throw noEndpoint(type, `no service of type ${type}: the catalogue ${has}`)
  }
  for (const wanted of choice.interfaces) {
    const found = endpoints.find(
      (endpoint) =>
        endpoint.interface === wanted && (choice.region === undefined || endpoint.region === choice.region),
    )
    if (found === undefined) continue
    if (URL.canParse(found.url) && /^https?:/i.test(found.url)) return found.url
    const where = `${wanted} endpoint in ${found.region ?? '(no region)'}`
    throw noEndpoint(
      type,
      `the catalogue's ${where} is no http or https address: ${JSON.stringify(found.url)}`,
    )
  }
  const has = endpoints.map((endpoint) => `${endpoint.interface} in ${endpoint.region ?? '(no region)'}`)
  const where = choice.region === undefined ? '' : ` in region ${choice.region}`
  throw noEndpoint(
    type,
    `no ${choice.interfaces.join(' or ')} endpoint${where}: the catalogue has ${has.join(', ')}`,
  )
}

/** Endpoints of every service of the type, since some catalogues have one service for each region. Those of the newest name come first. */
const endpointsOf = (catalog: Catalog, type: string): readonly Endpoint[] =>
  namesOfService(type).flatMap((name) =>
    catalog.filter((entry) => entry.type === name).flatMap(({ endpoints }) => endpoints),
  )

const noEndpoint = (service: string, text: string): OpenStackError =>
  new OpenStackError('no-endpoint', `${service}: ${text}`, { service })
