import { homedir } from 'node:os'
import { OpenStackError } from '../openstack-error.js'
import type { EndpointInterface } from '../catalog/catalog.js'
import type { ChosenCloud } from './choose-cloud.js'
import { checkKeys } from './cloud-keys.js'
import { textOf, type RawCloud } from './raw-cloud.js'
import { readAuth } from './read-auth.js'
import type { CloudSettings } from './settings.js'

/** A chosen cloud in one form. @throws OpenStackError `invalid-options` */
export function readSettings({ name, raw }: ChosenCloud): CloudSettings {
  const ignoredKeys = checkKeys(name, raw)
  const fail = (text: string): OpenStackError =>
    new OpenStackError('invalid-options', `connect: cloud ${name}: ${text}`)
  const interfaces = bySuffix(raw, '_interface', (key, value) => interfacesOf(value, key, fail))
  return {
    name,
    auth: readAuth(name, raw),
    region: text(raw, 'region_name'),
    interfaces: interfacesOf(raw['interface'] ?? raw['endpoint_type'] ?? 'public', 'interface', fail),
    interfacesOf: interfaces,
    regionsOf: bySuffix(raw, '_region_name', (_, value) => textOf(value)),
    endpoints: bySuffix(raw, '_endpoint_override', (key, value) => addressOf(value, key, fail)),
    microversions: bySuffix(raw, '_default_microversion', (_, value) => textOf(value)),
    caFile: file(text(raw, 'cacert')),
    certFile: file(text(raw, 'cert')),
    keyFile: file(text(raw, 'key')),
    insecure: isInsecure(raw, fail),
    apiTimeoutMs: apiTimeoutMs(text(raw, 'api_timeout'), fail),
    ignoredKeys,
  }
}

type Fail = (text: string) => OpenStackError

const text = (raw: RawCloud, key: string): string | undefined => textOf(raw[key])

const file = (path: string | undefined): string | undefined => path?.replace(/^~(?=\/)/, homedir())

/** `verify: false` is the same as `insecure: true`. Any other value is refused: a guess would be a risk. */
function isInsecure(raw: RawCloud, fail: Fail): boolean {
  const says = (key: string): boolean | undefined => {
    const value = text(raw, key)
    if (value === undefined) return undefined
    if (/^(true|yes|1|on)$/i.test(value)) return true
    if (/^(false|no|0|off)$/i.test(value)) return false
    throw fail(
      `${key} must be true or false, got ${value}${key === 'verify' ? '; a CA file goes into cacert' : ''}`,
    )
  }
  return says('insecure') === true || says('verify') === false
}

/** One, or several in the order of preference. Old forms are read too: `publicURL`. */
export function interfacesOf(value: unknown, key: string, fail: Fail): readonly EndpointInterface[] {
  const names = (Array.isArray(value) ? value : [value]).map((one: unknown) => textOf(one) ?? '')
  return names.map((given) => {
    const name = given.replace(/URL$/i, '').toLowerCase()
    if (name === 'public' || name === 'internal' || name === 'admin') return name
    throw fail(`${key} must be public, internal or admin, or a list of these, got ${given}`)
  })
}

function addressOf(value: unknown, key: string, fail: Fail): string | undefined {
  const address = textOf(value)
  if (address === undefined || (URL.canParse(address) && /^https?:/i.test(address))) return address
  throw fail(`${key} must be an http or https address`)
}

function apiTimeoutMs(value: string | undefined, fail: Fail): number | undefined {
  if (value === undefined) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds) && seconds > 0) return Math.min(2 ** 31 - 1, seconds * 1000)
  throw fail(`api_timeout must be seconds, over 0, got ${value}`)
}

function bySuffix<T>(
  raw: RawCloud,
  suffix: string,
  read: (key: string, value: unknown) => T | undefined,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  for (const [key, value] of Object.entries(raw)) {
    if (!key.endsWith(suffix) || value === null || value === '') continue
    const one = read(key, value)
    if (one !== undefined) found.set(key.slice(0, -suffix.length).replaceAll('_', '-'), one)
  }
  return found
}
