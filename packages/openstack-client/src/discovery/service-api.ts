/** How the API of a service is found. */
export interface ServiceApi {
  /** Major version that this client uses. */
  readonly major: number
  /** Path of that version below an address without one; empty where the API has no version in its path. */
  readonly path: string
  /** Whether it has microversions, so that its document must be read. */
  readonly hasMicroversions: boolean
}

const apis: Readonly<Record<string, ServiceApi>> = {
  compute: { major: 2, path: '/v2.1', hasMicroversions: true },
  image: { major: 2, path: '/v2', hasMicroversions: false },
  network: { major: 2, path: '/v2.0', hasMicroversions: false },
  placement: { major: 1, path: '', hasMicroversions: true },
  'load-balancer': { major: 2, path: '/v2', hasMicroversions: false },
  identity: { major: 3, path: '/v3', hasMicroversions: false },
  'block-storage': { major: 3, path: '/v3', hasMicroversions: true },
}

/** Undefined for an unknown service, whose address is used as it is. */
export const apiOf = (service: string): ServiceApi | undefined => apis[service]

/** An address without the slashes at its end. */
export const withoutSlash = (url: string): string => url.replace(/\/+$/, '')

/** The version in an address's path, such as 2 of `/compute/v2.1/PROJECT`; undefined where it has none. */
export function versionInPath(url: string): number | undefined {
  const found = /\/v(\d+)(?:\.\d+)?(?:\/|$)/.exec(new URL(url).pathname)
  return found === null ? undefined : Number(found[1])
}

/** The address up to its version: what comes after is the project's id. */
export const upToVersion = (url: string): string => url.replace(/(\/v\d+(?:\.\d+)?)(?:\/.*)?$/, '$1')

/**
 * The address that a document gives, at the host that was asked: a service behind a front knows neither its name nor
 * that it speaks TLS. Undefined where its path is not the one that was asked and a version after it.
 */
export function hrefAtHost(asked: string, href: string): string | undefined {
  if (href === '' || !URL.canParse(href, asked)) return undefined
  const { origin, pathname } = new URL(asked)
  const below = withoutSlash(pathname)
  const path = withoutSlash(new URL(href, asked).pathname)
  const isVersion = path.startsWith(below) && /^\/v\d+(\.\d+)?$/.test(path.slice(below.length))
  return isVersion ? `${origin}${path}` : undefined
}
