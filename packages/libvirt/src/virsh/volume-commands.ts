import type { CallOptions, Hypervisor } from '../hypervisor.js'
import type { VolumeInfo, VolumeRef } from '../resource-types.js'
import { flagOptions } from './flag-options.js'
import { colonValues, leadingNumber } from './key-values.js'
import type { RunVirsh } from './run-virsh.js'
import { cannot, unreadable } from './virsh-error.js'

type VolumeCommands = Pick<
  Hypervisor,
  | 'storageVolCreateXml'
  | 'storageVolLookupByName'
  | 'storageVolLookupByPath'
  | 'storageVolDelete'
  | 'storageVolGetPath'
  | 'storageVolGetInfo'
  | 'storageVolGetXmlDesc'
  | 'storageVolUpload'
  | 'storageVolDownload'
>

/** virsh's words for the types of volumes. */
const types: ReadonlyMap<string, VolumeInfo['type']> = new Map([
  ['file', 'file'],
  ['block', 'block'],
  ['dir', 'dir'],
  ['network', 'network'],
  ['net-dir', 'netdir'],
  ['ploop', 'ploop'],
])

const createFlags = { 1: '--prealloc-metadata', 4: '--validate' }

/** Volumes, by virsh. */
export function volumeCommands(run: RunVirsh): VolumeCommands {
  const onVolume = (name: string, { pool, name: vol }: VolumeRef, more: string[], options?: CallOptions) =>
    run({ name, args: [`--vol=${vol}`, `--pool=${pool}`, ...more] }, options)
  const byName = async (pool: string, name: string, options?: CallOptions): Promise<VolumeRef> => {
    const output = await run({ name: 'vol-key', args: [`--vol=${name}`, `--pool=${pool}`] }, options)
    return { pool, name, key: output.trimEnd() }
  }
  return {
    storageVolCreateXml: async (pool, xml, flags = 0, options) => {
      const how = flagOptions('storageVolCreateXml', flags, createFlags)
      const args = [`--pool=${pool.name}`, ...how]
      const said = await run({ name: 'vol-create', args, input: xml, isTalkative: true }, options)
      const name = /^Vol (.*) created from /m.exec(said)?.[1]
      if (name === undefined) throw unreadable('vol-create', said)
      return byName(pool.name, name, options)
    },
    storageVolLookupByName: (pool, name, options) => byName(pool.name, name, options),
    storageVolLookupByPath: async (path, options) => {
      const ask = async (name: string): Promise<string> =>
        (await run({ name, args: [`--vol=${path}`] }, options)).trimEnd()
      const [pool, name, key] = await Promise.all([ask('vol-pool'), ask('vol-name'), ask('vol-key')])
      return { pool, name, key }
    },
    storageVolDelete: async (volume, flags = 0, options) => {
      await onVolume(
        'vol-delete',
        volume,
        flagOptions('storageVolDelete', flags, { 2: '--delete-snapshots' }),
        options,
      )
    },
    storageVolGetPath: async (volume, options) => (await onVolume('vol-path', volume, [], options)).trimEnd(),
    storageVolGetInfo: async (volume, options) => {
      const output = await onVolume('vol-info', volume, ['--bytes'], options)
      const values = colonValues(output)
      const capacityBytes = leadingNumber(values.get('capacity'))
      const allocationBytes = leadingNumber(values.get('allocation'))
      if (capacityBytes === undefined || allocationBytes === undefined) throw unreadable('vol-info', output)
      return { type: types.get(values.get('type') ?? '') ?? 'unknown', capacityBytes, allocationBytes }
    },
    storageVolGetXmlDesc: (volume, options) => onVolume('vol-dumpxml', volume, [], options),
    storageVolUpload: async ({ pool, name }, content, options) => {
      const args = [`--vol=${name}`, `--pool=${pool}`]
      await run({ name: 'vol-upload', args, input: content }, options)
    },
    storageVolDownload: () => Promise.reject(cannot('storageVolDownload')),
  }
}
