import type { CallOptions, Hypervisor } from '../hypervisor.js'
import { poolStates } from '../procedures/enumerations.js'
import type { PoolRef, VolumeRef } from '../resource-types.js'
import { flagOptions } from './flag-options.js'
import { colonValues, leadingNumber } from './key-values.js'
import type { RunVirsh } from './run-virsh.js'
import { unreadable } from './virsh-error.js'

type PoolCommands = Pick<
  Hypervisor,
  | 'storagePoolLookupByName'
  | 'storagePoolCreateXml'
  | 'storagePoolDestroy'
  | 'storagePoolRefresh'
  | 'storagePoolGetInfo'
  | 'storagePoolGetXmlDesc'
  | 'storagePoolListAllVolumes'
>

const poolCreateFlags = { 1: '--build', 2: '--overwrite', 4: '--no-overwrite' }

/** Storage pools, by virsh. */
export function poolCommands(run: RunVirsh): PoolCommands {
  const byName = async (name: string, options?: CallOptions): Promise<PoolRef> => {
    const output = await run({ name: 'pool-uuid', args: [`--pool=${name}`] }, options)
    return { name, uuid: output.trim() }
  }
  return {
    storagePoolLookupByName: byName,
    storagePoolCreateXml: async (xml, flags = 0, options) => {
      const args = flagOptions('storagePoolCreateXml', flags, poolCreateFlags)
      const said = await run({ name: 'pool-create', args, input: xml, isTalkative: true }, options)
      const name = /^Pool (.*) created from /m.exec(said)?.[1]
      if (name === undefined) throw unreadable('pool-create', said)
      return byName(name, options)
    },
    storagePoolDestroy: async ({ uuid }, options) => {
      await run({ name: 'pool-destroy', args: [`--pool=${uuid}`] }, options)
    },
    storagePoolRefresh: async ({ uuid }, options) => {
      await run({ name: 'pool-refresh', args: [`--pool=${uuid}`] }, options)
    },
    storagePoolGetInfo: async ({ uuid }, options) => {
      const output = await run({ name: 'pool-info', args: [`--pool=${uuid}`, '--bytes'] }, options)
      const values = colonValues(output)
      const state = poolStates.find((known) => known === values.get('state'))
      if (state === undefined) throw unreadable('pool-info', output)
      // A pool that is not active has no sizes.
      const bytes = (name: string): bigint => leadingNumber(values.get(name)) ?? 0n
      return {
        state,
        capacityBytes: bytes('capacity'),
        allocationBytes: bytes('allocation'),
        availableBytes: bytes('available'),
      }
    },
    storagePoolGetXmlDesc: async ({ uuid }, flags = 0, options) => {
      const args = [`--pool=${uuid}`, ...flagOptions('storagePoolGetXmlDesc', flags, { 1: '--inactive' })]
      return run({ name: 'pool-dumpxml', args }, options)
    },
    storagePoolListAllVolumes: async ({ uuid, name }, options) => {
      const output = await run({ name: 'vol-list', args: [`--pool=${uuid}`] }, options)
      return readVolumes(output, name)
    },
  }
}

/** ` NAME   PATH` of each. The key of a volume in a directory is its path. */
export function readVolumes(output: string, pool: string): VolumeRef[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => {
    const [, name, key] = /^\s*(\S.*?)\s{2,}(\/.*?)\s*$/.exec(line) ?? []
    if (name === undefined || key === undefined) throw unreadable('vol-list', line)
    return { pool, name, key }
  })
}
