import type { Environment } from './config-files.js'
import type { RawCloud } from './raw-cloud.js'

/** Variables that choose among clouds rather than describe one. */
const selectors: ReadonlySet<string> = new Set([
  'OS_CLOUD',
  'OS_CLOUD_NAME',
  'OS_REGION_NAME',
  'OS_CLIENT_CONFIG_FILE',
  'OS_CLIENT_SECURE_FILE',
])

/**
 * The cloud that `OS_*` variables describe, as an openrc sets them: `OS_AUTH_URL` is `auth_url`, and so on.
 * Undefined when none does more than choose one.
 */
export function cloudOfVariables(environment: Environment): RawCloud | undefined {
  const entries = Object.entries(environment).filter(
    ([name, value]) => name.startsWith('OS_') && value !== undefined && value !== '',
  )
  if (!entries.some(([name]) => !selectors.has(name)) || !(environment['OS_AUTH_URL'] ?? '')) return undefined
  const describing = entries.filter(([name]) => name === 'OS_REGION_NAME' || !selectors.has(name))
  return Object.fromEntries(
    describing.map(([name, value]) => [name.slice('OS_'.length).toLowerCase(), value]),
  )
}

/** Addresses of proxies; undefined when none is set. */
export function proxyOfVariables(environment: Environment):
  | {
      readonly http: string | undefined
      readonly https: string | undefined
      readonly except: string | undefined
    }
  | undefined {
  const read = (name: string): string | undefined =>
    environment[name.toLowerCase()] || environment[name.toUpperCase()] || undefined
  const every = read('all_proxy')
  const http = read('http_proxy') ?? every
  const https = read('https_proxy') ?? every
  return http === undefined && https === undefined ? undefined : { http, https, except: read('no_proxy') }
}
