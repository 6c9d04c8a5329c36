import { check, checkOptions, invalidOption, warmPoolEntries } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { labelPrefix, ownTag } from '../labels.js'
import type { OpenStackOptions } from './options.js'
import { cloudSchema } from '../connection/cloud-options.js'

/** A text of one line that is not empty, such as a name or an id. */
const oneLine = (what: string): v.GenericSchema<string> =>
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  v.pipe(v.string(what), v.regex(/^[^\u0000-\u001f\u007f]{1,255}$/, what))

const nameOrId = oneLine('a name or an id')
const names = v.optional(v.array(nameOrId))

const longestUserDataBytes = 49_149
const userDataWords = `text or bytes, at most ${longestUserDataBytes} of them`

const tagWords = `a tag of up to 60 characters, without , and /, and not beginning with ${ownTag}`
const tag = v.pipe(
  v.string(tagWords),
  v.check(
    (text) => /^[^,/]{1,60}$/.test(text) && text !== ownTag && !text.startsWith(`${ownTag}:`),
    tagWords,
  ),
)

const metadataWords = 'a text of at most 255 characters'
const keyWords = `a name of letters, digits and - _ : . and spaces, not beginning with ${labelPrefix}`

const newestWords = 'a name, a property or a tag at least: else it is the newest image of anybody'

/** Refuses an empty choice, which would be the newest of all images that the project may see. */
const saysSomething = ({
  name,
  properties = {},
  tags = [],
}: {
  name?: string | undefined
  properties?: Record<string, string> | undefined
  tags?: string[] | undefined
}): boolean => name !== undefined || Object.keys(properties).length > 0 || tags.length > 0

const schema = v.strictObject({
  cloud: v.optional(cloudSchema),
  image: v.union(
    [
      nameOrId,
      v.strictObject({
        newest: v.pipe(
          v.strictObject({
            name: v.optional(nameOrId),
            properties: v.optional(v.record(v.string(), v.string())),
            tags: v.optional(v.array(v.string())),
          }),
          v.check(saysSomething, newestWords),
        ),
      }),
    ],
    'the name or id of an image, or { newest: { name, properties, tags } }',
  ),
  flavor: nameOrId,
  networks: v.optional(
    v.array(
      v.union(
        [
          nameOrId,
          v.strictObject({
            network: nameOrId,
            subnet: v.optional(nameOrId),
            securityGroups: names,
            allowedAddresses: v.optional(v.array(oneLine('an address or a range'))),
            portSecurity: v.optional(v.boolean()),
          }),
        ],
        'the name or id of a network, or { network, subnet, securityGroups, allowedAddresses, portSecurity }',
      ),
    ),
  ),
  port: v.optional(check.wholeNumber(1, 65_535)),
  address: v.optional(
    v.strictObject({
      network: v.optional(nameOrId),
      kind: v.optional(v.picklist(['fixed', 'floating'])),
      version: v.optional(v.picklist([4, 6])),
    }),
  ),
  floatingIpFrom: v.optional(nameOrId),
  keyName: v.optional(nameOrId),
  securityGroups: names,
  userData: v.optional(
    v.custom<string | Uint8Array>(
      (value) =>
        (typeof value === 'string' || value instanceof Uint8Array) &&
        Buffer.byteLength(value) <= longestUserDataBytes,
      userDataWords,
    ),
  ),
  configDrive: v.optional(v.boolean()),
  zones: names,
  serverGroup: v.optional(nameOrId),
  bootVolume: v.optional(v.strictObject({ sizeGib: check.wholeNumber(1), volumeType: v.optional(nameOrId) })),
  metadata: v.optional(
    v.record(
      v.pipe(
        v.string(keyWords),
        v.check((key) => /^[\w\-:. ]{1,255}$/.test(key) && !key.startsWith(labelPrefix), keyWords),
      ),
      v.pipe(v.string(metadataWords), v.maxLength(255, metadataWords)),
    ),
  ),
  tags: v.optional(v.pipe(v.array(tag), v.maxLength(48, 'at most 48 tags'))),
  description: v.optional(oneLine('one line of at most 255 characters')),
  schedulerHints: v.optional(v.record(v.string(), v.unknown())),
  scope: v.optional(check.name()),
  usage: v.optional(v.picklist(['none', 'diagnostics'])),
  checkQuota: v.optional(v.boolean()),
  pauseMs: v.optional(check.milliseconds()),
  buildTimeoutMs: v.optional(check.milliseconds(1)),
  terminateTimeoutMs: v.optional(check.milliseconds(1)),
  lookTimeoutMs: v.optional(check.milliseconds()),
  orphanAfterMs: v.optional(check.milliseconds(1000)),
  parallel: v.optional(check.wholeNumber(1, 1000)),
  warmPool: v.optional(v.strictObject(warmPoolEntries(['stopped', 'paused', 'shelved']))),
})

/** What `openstack` takes. */
export const openstackSchema: v.GenericSchema = schema

/** @throws FlotillaError `invalid-options` */
export function checkOpenStackOptions(options: unknown): OpenStackOptions {
  const { userData, ...rest } = (
    typeof options === 'object' && options !== null ? options : {}
  ) as Partial<OpenStackOptions>
  // Checked apart: it may hold a secret, which must be in no message.
  const hasUserData = userData !== undefined
  if (hasUserData && !v.is(schema.entries.userData, userData)) {
    throw invalidOption('openstack', 'userData', '(hidden)', userDataWords)
  }
  const given = checkOptions('openstack', schema, rest)
  const { floatingIpFrom, networks = [], port, zones, address } = given
  if (floatingIpFrom !== undefined && networks.length === 0) {
    throw invalidOption(
      'openstack',
      'networks',
      networks,
      'given with floatingIpFrom: a port of it is led to',
    )
  }
  if (given.networks?.length === 0 && port !== undefined) {
    throw invalidOption('openstack', 'port', port, 'left out without networks: there is no address')
  }
  if (address?.kind === 'floating' && address.version === 6) {
    throw invalidOption('openstack', 'address.version', 6, '4 with floating: there is none of version 6')
  }
  if (zones !== undefined && new Set(zones).size < zones.length) {
    throw invalidOption('openstack', 'zones', zones, 'each zone once')
  }
  return hasUserData ? { ...given, userData } : given
}
