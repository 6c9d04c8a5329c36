import { compareMicroversions } from '../discovery/microversion.js'
import { OpenStackError } from '../openstack-error.js'

/** A network card: on a network, with a fixed address if it matters, or with a port that was made before. */
export type ServerNic =
  | { readonly networkId: string; readonly fixedIp?: string | undefined; readonly tag?: string | undefined }
  | { readonly portId: string; readonly tag?: string | undefined }

/** A disk that is made for the server, or an existing one. */
export interface BlockDevice {
  readonly sourceType: 'image' | 'volume' | 'snapshot' | 'blank'
  readonly destinationType: 'local' | 'volume'
  /** Id of the source; left out for `blank`. */
  readonly sourceId?: string | undefined
  readonly sizeGib?: number | undefined
  /** 0 is the disk that is booted. */
  readonly bootIndex?: number | undefined
  /** Default false. */
  readonly deleteOnTermination?: boolean | undefined
  readonly volumeType?: string | undefined
}

/** A server to be made. */
export interface ServerSpec {
  readonly name: string
  readonly flavorId: string
  /** Left out when it boots from a block device. */
  readonly imageId?: string | undefined
  /** `auto`: the project's only network; `none`: no card. Default `auto`. */
  readonly networks?: readonly ServerNic[] | 'auto' | 'none' | undefined
  readonly keyName?: string | undefined
  /** Names or ids; for networks only, a port has its own. */
  readonly securityGroups?: readonly string[] | undefined
  /** As text; at most 65 535 bytes once it is base64. */
  readonly userData?: string | Uint8Array | undefined
  readonly configDrive?: boolean | undefined
  /** `zone`, or `zone:host` for an admin. */
  readonly availabilityZone?: string | undefined
  /** Server group that spreads its members or keeps them together. */
  readonly serverGroupId?: string | undefined
  /** Each key and value up to 255 characters. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** From microversion 2.52. Up to 50, of up to 60 characters, without `,` and `/`. */
  readonly tags?: readonly string[] | undefined
  readonly description?: string | undefined
  readonly blockDevices?: readonly BlockDevice[] | undefined
  /** Scheduler hints beside the group: `{ different_host: [...] }`. */
  readonly schedulerHints?: Readonly<Record<string, unknown>> | undefined
}

type Json = Readonly<Record<string, unknown>>

/** The least microversion that understands everything in it. */
export function leastMicroversion(spec: ServerSpec): string | undefined {
  if (spec.tags !== undefined && spec.tags.length > 0) return '2.52'
  if (typeof spec.networks === 'string') return '2.37'
  if (Array.isArray(spec.networks) && spec.networks.some(({ tag }) => tag !== undefined)) return '2.42'
  return spec.description === undefined ? undefined : '2.19'
}

/**
 * The body of `POST /servers`.
 *
 * @param microversion - in force; undefined where Nova has none
 */
export function serverBody(spec: ServerSpec, microversion: string | undefined): Json {
  const isFrom = (since: string): boolean =>
    microversion !== undefined && compareMicroversions(microversion, since) >= 0
  const networks = spec.networks ?? (isFrom('2.37') ? 'auto' : undefined)
  const hints = {
    ...spec.schedulerHints,
    ...(spec.serverGroupId === undefined ? {} : { group: spec.serverGroupId }),
  }
  const server = {
    name: spec.name,
    flavorRef: spec.flavorId,
    imageRef: spec.imageId,
    networks: typeof networks === 'object' ? networks.map(nicBody) : networks,
    key_name: spec.keyName,
    security_groups: spec.securityGroups?.map((name) => ({ name })),
    user_data: spec.userData === undefined ? undefined : userData(spec.userData),
    config_drive: spec.configDrive,
    availability_zone: spec.availabilityZone,
    metadata: spec.metadata,
    tags: spec.tags !== undefined && spec.tags.length > 0 ? spec.tags : undefined,
    description: spec.description,
    block_device_mapping_v2: spec.blockDevices?.map(blockDeviceBody),
  }
  return { server, ...(Object.keys(hints).length === 0 ? {} : { 'os:scheduler_hints': hints }) }
}

const nicBody = (nic: ServerNic): Json =>
  'portId' in nic
    ? { port: nic.portId, tag: nic.tag }
    : { uuid: nic.networkId, fixed_ip: nic.fixedIp, tag: nic.tag }

const blockDeviceBody = (device: BlockDevice): Json => ({
  source_type: device.sourceType,
  destination_type: device.destinationType,
  uuid: device.sourceId,
  volume_size: device.sizeGib,
  boot_index: device.bootIndex,
  delete_on_termination: device.deleteOnTermination,
  volume_type: device.volumeType,
})

const mostUserDataBytes = 65_535

function userData(data: string | Uint8Array): string {
  const text = Buffer.from(data as Uint8Array).toString('base64')
  if (text.length <= mostUserDataBytes) return text
  throw new OpenStackError(
    'invalid-options',
    `compute: create server: userData must be at most ${mostUserDataBytes} bytes as base64, got ${text.length}`,
    { service: 'compute' },
  )
}
