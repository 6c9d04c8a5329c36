import { homedir } from 'node:os'
import { OpenStackError } from '../openstack-error.js'
import type { EndpointInterface } from '../catalog/catalog.js'
import type { ChosenCloud } from './choose-cloud.js'
import { textOf, type RawCloud } from './raw-cloud.js'
import { readAuth } from './read-auth.js'
import type { CloudSettings } from './settings.js'

/** A chosen cloud in one form. */
export function readSettings({ name, raw }: ChosenCloud): CloudSettings {
  return {
    name,
    auth: readAuth(name, raw),
    region: text(raw, 'region_name'),
    interface: readInterface(name, text(raw, 'interface') ?? text(raw, 'endpoint_type')),
    endpoints: bySuffix(raw, '_endpoint_override'),
    microversions: bySuffix(raw, '_default_microversion'),
    caFile: file(text(raw, 'cacert')),
    certFile: file(text(raw, 'cert')),
    keyFile: file(text(raw, 'key')),
    insecure: isInsecure(raw),
  }
}

const text = (raw: RawCloud, key: string): string | undefined => textOf(raw[key])

const file = (path: string | undefined): string | undefined => path?.replace(/^~(?=\/)/, homedir())

/** `verify: false` is the same as `insecure: true`. A variable is text: only `true`, `yes`, `1` ask for it. */
function isInsecure(raw: RawCloud): boolean {
  const says = (key: string, pattern: RegExp): boolean => pattern.test(text(raw, key) ?? '')
  return says('insecure', /^(true|yes|1|on)$/i) || says('verify', /^(false|no|0|off)$/i)
}

/** Also the forms of old: `publicURL`. */
function readInterface(cloud: string, value = 'public'): EndpointInterface {
  const name = value.replace(/URL$/i, '').toLowerCase()
  if (name === 'public' || name === 'internal' || name === 'admin') return name
  throw new OpenStackError(
    'invalid-options',
    `connect: cloud ${cloud}: interface must be public, internal or admin, got ${value}`,
  )
}

function bySuffix(raw: RawCloud, suffix: string): ReadonlyMap<string, string> {
  const entries = Object.entries(raw)
    .filter(
      ([key, value]) => key.endsWith(suffix) && (typeof value === 'string' || typeof value === 'number'),
    )
    .map(([key, value]) => [key.slice(0, -suffix.length).replaceAll('_', '-'), String(value)] as const)
  return new Map(entries.filter(([, value]) => value !== ''))
}
