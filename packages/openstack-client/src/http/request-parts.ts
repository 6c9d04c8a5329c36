import type { Token } from '../auth/token.js'
import { OpenStackError } from '../openstack-error.js'
import type { ApiRequest, QueryValue } from '../session/request.js'

/** The address of a call: a path below the service's API, and its query. */
export function urlOf(base: string, path: string, query: Readonly<Record<string, QueryValue>> = {}): string {
  if (!path.startsWith('/')) {
    throw new OpenStackError('invalid-options', `a path must begin with a slash, got ${JSON.stringify(path)}`)
  }
  const url = new URL(`${base}${path}`)
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one))
  }
  return url.href
}

/** What the headers of a call are made of. */
export interface HeaderParts {
  readonly request: ApiRequest
  readonly service: string
  readonly microversion: string | undefined
  readonly token: Token
  readonly userAgent: string
}

/** The headers of a call, with the token in clear. */
export function headersOf({
  request,
  service,
  microversion,
  token,
  userAgent,
}: HeaderParts): Record<string, string> {
  const bodies = [request.json, request.patch, request.stream].filter((body) => body !== undefined)
  if (bodies.length > 1) {
    throw new OpenStackError(
      'invalid-options',
      `${service}: ${request.what}: give one of json, patch and stream`,
    )
  }
  return {
    accept: 'application/json',
    'user-agent': userAgent,
    'x-auth-token': token.value.reveal(),
    ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(request.patch === undefined
      ? {}
      : { 'content-type': 'application/openstack-images-v2.1-json-patch' }),
    ...request.stream?.headers,
    ...(request.ifMatch === undefined ? {} : { 'if-match': request.ifMatch }),
    ...microversionHeaders(service, microversion),
  }
}

function microversionHeaders(service: string, microversion: string | undefined): Record<string, string> {
  if (microversion === undefined) return {}
  // Nova before 2.27 reads only the old header. Cinder's header still has the service's former name.
  switch (service) {
    case 'compute':
      return {
        'openstack-api-version': `compute ${microversion}`,
        'x-openstack-nova-api-version': microversion,
      }
    case 'block-storage':
      return { 'openstack-api-version': `volume ${microversion}` }
    default:
      return { 'openstack-api-version': `${service} ${microversion}` }
  }
}
