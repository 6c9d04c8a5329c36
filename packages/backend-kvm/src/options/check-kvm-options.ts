import { check, checkOptions, invalidOption, warmPoolEntries } from '@flotilla/core/authoring'
import type { Hypervisor } from '@flotilla/libvirt'
import * as v from 'valibot'
import { uriKey } from '../connection/uri.js'
import { isKvmHost, type KvmHost } from '../host/host.js'
import { ipv4Number } from '../network/ip-range.js'
import type { CloudInitOption, KvmOptions } from './kvm-options.js'
import { absolutePath, ipv4, libvirtName, libvirtUri, port, scope, trueOrFalse } from './option-checks.js'

const mebibytes = (min: number): v.GenericSchema<number> => check.wholeNumber(min, 2 ** 31)

/** A DHCP host entry is a line of dnsmasq's; a machine without end is a mistake. */
const mostAddresses = 4096
const mostDisks = 20

const network = v.union(
  [libvirtName('the name of a network'), v.strictObject({ bridge: libvirtName('the name of a bridge') })],
  "the name of a libvirt network, or { bridge: 'br0' }",
)

const schema = v.strictObject({
  uri: v.optional(libvirtUri),
  uris: v.optional(v.pipe(v.array(libvirtUri), v.minLength(1, 'at least one URI'))),
  hosts: v.optional(
    v.pipe(
      v.array(check.made('a connection', v.custom<KvmHost>(isKvmHost, 'a connection made by kvmHost()'))),
      v.minLength(1, 'at least one connection'),
    ),
  ),
  connect: v.optional(check.func<(uri: string) => Promise<Hypervisor>>()),
  timeoutMs: v.optional(check.milliseconds(1)),
  golden: v.union(
    [
      v.strictObject({
        pool: libvirtName('the name of a storage pool'),
        volume: libvirtName('the name of a volume'),
      }),
      v.strictObject({ path: absolutePath, format: v.optional(v.picklist(['qcow2', 'raw'])) }),
    ],
    '{ pool, volume }, or { path } with an absolute path',
  ),
  pool: v.optional(libvirtName('the name of a storage pool')),
  directory: v.optional(absolutePath),
  domainType: v.optional(v.picklist(['kvm', 'qemu'])),
  vcpus: v.optional(check.wholeNumber(1, 4096)),
  memoryMib: v.optional(mebibytes(8)),
  networks: v.optional(v.pipe(v.array(network), v.maxLength(16, 'at most 16 networks'))),
  port: v.optional(port),
  address: v.optional(
    v.union(
      [v.picklist(['lease', 'agent', 'none']), v.strictObject({ from: ipv4, to: ipv4 })],
      "'lease', 'agent', 'none', or { from, to } with two IPv4 addresses",
    ),
  ),
  disks: v.optional(
    v.pipe(
      v.array(v.strictObject({ sizeMib: mebibytes(1) })),
      v.maxLength(mostDisks, `at most ${mostDisks} disks`),
    ),
  ),
  // Looked at apart, so that an error never shows what was given.
  cloudInit: v.optional(v.unknown()),
  consoleLog: v.optional(trueOrFalse),
  agent: v.optional(trueOrFalse),
  firmware: v.optional(v.picklist(['bios', 'efi'])),
  machine: v.optional(libvirtName('a machine type such as q35')),
  xml: v.optional(check.func<(xml: string) => string>()),
  shutdownMs: v.optional(check.milliseconds()),
  warmPool: v.optional(
    v.strictObject({
      ...warmPoolEntries(['paused', 'managed-save', 'stopped']),
      maxAgeMs: v.optional(check.milliseconds(1)),
    }),
  ),
  placement: v.optional(
    v.strictObject({
      strategy: v.optional(v.picklist(['spread', 'pack'])),
      clonesInFlight: v.optional(check.wholeNumber(1, 1000)),
      reserveMemoryMib: v.optional(mebibytes(0)),
    }),
  ),
  scope: v.optional(scope),
  parallel: v.optional(check.wholeNumber(1, 1000)),
  memoryEveryMs: v.optional(check.milliseconds()),
  sharedStorage: v.optional(trueOrFalse),
  orphanAfterMs: v.optional(check.milliseconds()),
  launchGraceMs: v.optional(check.milliseconds()),
})

/** What `kvm` takes. */
export const kvmSchema: v.GenericSchema = schema

/** @throws FlotillaError `invalid-options` */
export function checkKvmOptions(options: unknown): KvmOptions {
  const given = checkOptions('kvm', schema, options)
  const ways = (['uri', 'uris', 'hosts'] as const).filter((name) => given[name] !== undefined)
  if (ways.length > 1)
    refuse(ways[1] ?? 'uris', given[ways[1] ?? 'uris'], `left out where ${ways[0]} is given`)
  if (given.hosts !== undefined && given.connect !== undefined) {
    refuse('connect', given.connect, 'given to kvmHost() instead')
  }
  const places = given.uris ?? given.hosts?.map(({ uri }) => uri) ?? []
  const keys = places.map(uriKey)
  const twice = keys.findIndex((key, index) => keys.indexOf(key) !== index)
  if (twice >= 0) {
    const first = places[keys.indexOf(keys[twice] ?? '')]
    const same = first === places[twice] ? '' : `: ${first} is the same one`
    refuse('uris', places[twice], `each hypervisor once${same}`)
  }
  if (given.directory !== undefined && given.pool !== undefined) {
    refuse('directory', given.directory, 'left out where pool is given')
  }
  if ('path' in given.golden && given.pool === undefined && given.directory === undefined) {
    refuse('pool', undefined, 'given with golden.path: where the clones go; or directory')
  }
  checkAddress(given)
  return { ...given, cloudInit: checkCloudInit(given.cloudInit) }
}

type Given = v.InferOutput<typeof schema>

function checkAddress({ address, networks, port: given }: Given): void {
  const first = networks === undefined ? 'default' : networks[0]
  const needsNetwork = address === undefined ? given !== undefined : address !== 'none'
  if (needsNetwork && first === undefined) {
    refuse('networks', networks, "at least one network; or address: 'none'")
  }
  const fromNetwork =
    address === undefined ? given !== undefined : address === 'lease' || typeof address === 'object'
  if (fromNetwork && typeof first === 'object') {
    refuse('address', address, "'agent' or 'none' on a bridge, whose leases libvirt does not know")
  }
  if (typeof address !== 'object') return
  const count = ipv4Number(address.to) - ipv4Number(address.from) + 1
  if (count < 1 || count > mostAddresses) {
    refuse('address', address, `from the lower address to the higher, at most ${mostAddresses} addresses`)
  }
}

const cloudInitSchema = v.strictObject({
  userData: v.string(),
  metaData: v.optional(v.string()),
  networkConfig: v.optional(v.string()),
})

function checkCloudInit(value: unknown): CloudInitOption | undefined {
  if (value === undefined) return undefined
  const result = v.safeParse(cloudInitSchema, value)
  if (result.success && result.output.userData !== '') return result.output
  throw invalidOption(
    'kvm',
    'cloudInit',
    typeof value,
    '{ userData, metaData?, networkConfig? }, all of them strings, and userData not empty',
  )
}

function refuse(field: string, value: unknown, expected: string): never {
  throw invalidOption('kvm', field, value, expected)
}
