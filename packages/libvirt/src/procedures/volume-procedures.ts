import type { LibvirtConnection } from '../libvirt-connection.js'
import type { PoolRef, VolumeInfo, VolumeRef } from '../resource-types.js'
import { nothing, procedure, readString, type Call, type Procedure } from './procedure.js'
import { readVolume, writeNamed, writeVolume } from './references.js'

/** Source: remote_protocol.x of libvirt 9.0. */
const table = {
  createXml: procedure(
    'storageVolCreateXml',
    93,
    (to, pool: PoolRef, xml: string, flags: number) => writeNamed(to, pool).string(xml).uint(flags),
    readVolume,
  ),
  lookupByName: procedure(
    'storageVolLookupByName',
    95,
    (to, pool: PoolRef, name: string) => writeNamed(to, pool).string(name),
    readVolume,
  ),
  lookupByPath: procedure('storageVolLookupByPath', 97, (to, path: string) => to.string(path), readVolume),
  delete: procedure(
    'storageVolDelete',
    94,
    (to, volume: VolumeRef, flags: number) => writeVolume(to, volume).uint(flags),
    nothing,
  ),
  getPath: procedure('storageVolGetPath', 100, writeVolume, readString),
  getInfo: procedure('storageVolGetInfo', 98, writeVolume, (from) => ({
    type: volumeTypes[from.int()] ?? 'unknown',
    capacityBytes: from.uhyper(),
    allocationBytes: from.uhyper(),
  })),
  getXmlDesc: procedure(
    'storageVolGetXmlDesc',
    99,
    (to, volume: VolumeRef) => writeVolume(to, volume).uint(0),
    readString,
  ),
} as const

/** virStorageVolType, by its number. */
const volumeTypes: readonly VolumeInfo['type'][] = ['file', 'block', 'dir', 'network', 'netdir', 'ploop']

/** Opens a stream: the bytes follow in packets of the same serial. */
export const volumeUpload: Procedure<
  readonly [volume: VolumeRef, offsetBytes: bigint, lengthBytes: bigint],
  void
> = procedure(
  'storageVolUpload',
  208,
  (to, volume, offsetBytes, lengthBytes) =>
    writeVolume(to, volume).uhyper(offsetBytes).uhyper(lengthBytes).uint(0),
  nothing,
)

/** Opens a stream: the bytes come in packets of the same serial. */
export const volumeDownload: Procedure<
  readonly [volume: VolumeRef, offsetBytes: bigint, lengthBytes: bigint],
  void
> = procedure(
  'storageVolDownload',
  209,
  (to, volume, offsetBytes, lengthBytes) =>
    writeVolume(to, volume).uhyper(offsetBytes).uhyper(lengthBytes).uint(0),
  nothing,
)

type VolumeCalls = Pick<
  LibvirtConnection,
  | 'storageVolCreateXml'
  | 'storageVolLookupByName'
  | 'storageVolLookupByPath'
  | 'storageVolDelete'
  | 'storageVolGetPath'
  | 'storageVolGetInfo'
  | 'storageVolGetXmlDesc'
>

/** Calls on volumes. */
export const volumeCalls = (call: Call): VolumeCalls => ({
  storageVolCreateXml: (pool, xml, flags = 0, options) => call(table.createXml, [pool, xml, flags], options),
  storageVolLookupByName: (pool, name, options) => call(table.lookupByName, [pool, name], options),
  storageVolLookupByPath: (path, options) => call(table.lookupByPath, [path], options),
  storageVolDelete: (volume, flags = 0, options) => call(table.delete, [volume, flags], options),
  storageVolGetPath: (volume, options) => call(table.getPath, [volume], options),
  storageVolGetInfo: (volume, options) => call(table.getInfo, [volume], options),
  storageVolGetXmlDesc: (volume, options) => call(table.getXmlDesc, [volume], options),
})
