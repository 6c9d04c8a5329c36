import { OpenStackError } from '../openstack-error.js'
import { nearest } from './nearest.js'
import { isRawCloud, textOf, type RawCloud } from './raw-cloud.js'

/*
 * Rule: a key that changes the user, the cloud or its security is read, or refused by name. Other keys of a
 * cloud, which openstacksdk ignores or uses for itself, are ignored and listed in `ignoredKeys`.
 */

/** Read, in `auth` or, as variables have them, beside it. */
export const authKeys = [
  'auth_url',
  'username',
  'user_name',
  'user_id',
  'user_domain_name',
  'user_domain_id',
  'password',
  'token',
  'application_credential_id',
  'application_credential_name',
  'application_credential_secret',
  'project_id',
  'project_name',
  'tenant_id',
  'tenant_name',
  'project_domain_name',
  'project_domain_id',
  'domain_id',
  'domain_name',
  'default_domain',
  'default_domain_id',
  'default_domain_name',
  'system_scope',
  'trust_id',
] as const

/** Read, beside `auth`. */
const cloudKeys = [
  'auth',
  'auth_type',
  'region_name',
  'regions',
  'interface',
  'endpoint_type',
  'cacert',
  'cert',
  'key',
  'verify',
  'insecure',
  'profile',
  'cloud',
  'api_timeout',
] as const

/** Read, for each service. */
const serviceSuffixes = /_(endpoint_override|default_microversion|interface|region_name|api_version)$/

/** Keys that change the user, the cloud or its security in ways that are not supported. */
const refusedKeys =
  /^(passcode|identity_provider|protocol|discovery_endpoint|client_id|client_secret|access_token|access_token_endpoint|access_token_type|authorization_code|code|openid_scope|consumer_key|consumer_secret|access_key|access_secret|mutual_auth|service_provider|remote_project_\w+|remote_domain_\w+|auth_methods|endpoint|vendor_hook)$/
const refusedOfServices =
  /^(identity|compute|image|network|placement|load_balancer)_(service_type|service_name|endpoint)$/

/** The API's major versions that are spoken here. */
const majors: Readonly<Record<string, string>> = {
  identity: '3',
  compute: '2',
  image: '2',
  network: '2',
  placement: '1',
  load_balancer: '2',
}

/**
 * Checks the names of all keys of a cloud.
 *
 * @returns ignored keys
 * @throws OpenStackError `invalid-options` for one that must not be
 */
export function checkKeys(cloud: string, raw: RawCloud): readonly string[] {
  const fail = (text: string): OpenStackError =>
    new OpenStackError('invalid-options', `connect: cloud ${cloud}: ${text}`)
  const isGiven = (value: unknown): boolean => value !== null && value !== undefined && value !== ''
  const auth = isRawCloud(raw['auth']) ? raw['auth'] : {}
  for (const [key, value] of [...Object.entries(auth), ...Object.entries(raw)]) {
    if (isGiven(value) && (refusedKeys.test(key) || refusedOfServices.test(key)))
      throw fail(`${key} is not supported here, and would change who or where is meant; leave it out`)
  }
  for (const key of Object.keys(auth)) {
    if (isIn(authKeys, key)) continue
    const meant = nearest(key, authKeys)
    throw fail(`auth has no ${key}${meant === undefined ? '' : `; did you mean ${meant}?`}`)
  }
  const ignored: string[] = []
  for (const [key, value] of Object.entries(raw)) {
    const service = key.endsWith('_api_version') ? key.slice(0, -'_api_version'.length) : ''
    const major = majors[service]
    const version = textOf(value)
    if (major !== undefined && version !== undefined && !new RegExp(`^v?${major}(\\.|$)`).test(version))
      throw fail(`${key} must be ${major}, which is spoken here, got ${version}`)
    if (!isIn(cloudKeys, key) && !isIn(authKeys, key) && !serviceSuffixes.test(key)) ignored.push(key)
  }
  return ignored.toSorted((a, b) => a.localeCompare(b))
}

const isIn = (names: readonly string[], name: string): boolean => names.includes(name)
