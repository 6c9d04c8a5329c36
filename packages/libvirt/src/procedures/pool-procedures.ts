import type { LibvirtConnection } from '../libvirt-connection.js'
import type { PoolRef } from '../resource-types.js'
import { listMaxCount } from '../wire/limits.js'
import { poolStates } from './enumerations.js'
import { nothing, procedure, readString, type Call } from './procedure.js'
import { readNamed, readVolume, volumeMinBytes, writeNamed } from './references.js'

/** Source: remote_protocol.x of libvirt 9.0. */
const table = {
  listAll: procedure(
    'connectListAllStoragePools',
    281,
    (to, flags: number) => to.int(1).uint(flags),
    (from) => from.list(listMaxCount, 20, () => readNamed(from)),
  ),
  lookupByName: procedure('storagePoolLookupByName', 84, (to, name: string) => to.string(name), readNamed),
  createXml: procedure(
    'storagePoolCreateXml',
    76,
    (to, xml: string, flags: number) => to.string(xml).uint(flags),
    readNamed,
  ),
  destroy: procedure('storagePoolDestroy', 80, writeNamed, nothing),
  refresh: procedure('storagePoolRefresh', 83, (to, pool: PoolRef) => writeNamed(to, pool).uint(0), nothing),
  getInfo: procedure('storagePoolGetInfo', 87, writeNamed, (from) => ({
    state: poolStates[from.uint()] ?? 'inaccessible',
    capacityBytes: from.uhyper(),
    allocationBytes: from.uhyper(),
    availableBytes: from.uhyper(),
  })),
  getXmlDesc: procedure(
    'storagePoolGetXmlDesc',
    88,
    (to, pool: PoolRef, flags: number) => writeNamed(to, pool).uint(flags),
    readString,
  ),
  listAllVolumes: procedure(
    'storagePoolListAllVolumes',
    282,
    (to, pool: PoolRef) => writeNamed(to, pool).int(1).uint(0),
    (from) => from.list(listMaxCount, volumeMinBytes, () => readVolume(from)),
  ),
} as const

type PoolCalls = Pick<
  LibvirtConnection,
  | 'connectListAllStoragePools'
  | 'storagePoolLookupByName'
  | 'storagePoolCreateXml'
  | 'storagePoolDestroy'
  | 'storagePoolRefresh'
  | 'storagePoolGetInfo'
  | 'storagePoolGetXmlDesc'
  | 'storagePoolListAllVolumes'
>

/** Calls on storage pools. */
export const poolCalls = (call: Call): PoolCalls => ({
  connectListAllStoragePools: (flags = 0, options) => call(table.listAll, [flags], options),
  storagePoolLookupByName: (name, options) => call(table.lookupByName, [name], options),
  storagePoolCreateXml: (xml, flags = 0, options) => call(table.createXml, [xml, flags], options),
  storagePoolDestroy: (pool, options) => call(table.destroy, [pool], options),
  storagePoolRefresh: (pool, options) => call(table.refresh, [pool], options),
  storagePoolGetInfo: (pool, options) => call(table.getInfo, [pool], options),
  storagePoolGetXmlDesc: (pool, flags = 0, options) => call(table.getXmlDesc, [pool, flags], options),
  storagePoolListAllVolumes: (pool, options) => call(table.listAllVolumes, [pool], options),
})
