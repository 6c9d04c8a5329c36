import { OpenStackError } from '../openstack-error.js'
import type { Fields } from '../resources/fields.js'
import { namesOfService } from './service-types.js'

/** Who an address is meant for. */
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

/** What a token opens. Empty for a token without scope. */
export type Catalog = readonly CatalogService[]

/** Which of a service's addresses is wanted. */
export interface EndpointChoice {
  readonly interface: EndpointInterface
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
  const service = serviceOf(catalog, type)
  if (service === undefined) {
    const types = catalog.map((entry) => entry.type).toSorted()
    const has = types.length === 0 ? 'is empty (a token without scope?)' : `has ${types.join(', ')}`
    throw noEndpoint(type, `no service of type ${type}: the catalogue ${has}`)
  }
  const found = service.endpoints.find(
    (endpoint) =>
      endpoint.interface === choice.interface &&
      (choice.region === undefined || endpoint.region === choice.region),
  )
  if (found === undefined) {
    const has = service.endpoints.map(
      (endpoint) => `${endpoint.interface} in ${endpoint.region ?? '(no region)'}`,
    )
    const where = choice.region === undefined ? '' : ` in region ${choice.region}`
    throw noEndpoint(
      type,
      `no ${choice.interface} endpoint${where}: the catalogue has ${has.join(', ') || 'none'}`,
    )
  }
  return found.url
}

function serviceOf(catalog: Catalog, type: string): CatalogService | undefined {
  for (const name of namesOfService(type)) {
    const service = catalog.find((entry) => entry.type === name && entry.endpoints.length > 0)
    if (service !== undefined) return service
  }
  return undefined
}

const noEndpoint = (service: string, text: string): OpenStackError =>
  new OpenStackError('no-endpoint', `${service}: ${text}`, { service })
