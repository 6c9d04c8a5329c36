import type { DomainRef } from '../domain-types.js'
import { LibvirtError } from '../libvirt-error.js'
import type { NetworkRef, PoolRef, VolumeRef } from '../resource-types.js'
import { uuidBytes, uuidText } from '../wire/uuid.js'
import type { XdrReader } from '../wire/xdr-reader.js'
import type { XdrWriter } from '../wire/xdr-writer.js'

/** The least bytes of each on the wire: bounds on how many a packet can hold. */
export const domainMinBytes = 24
export const volumeMinBytes = 12

export const readDomain = (reader: XdrReader): DomainRef => ({
  name: reader.string(),
  uuid: uuidText(reader.fixedBytes(16)),
  id: reader.int(),
})

export const writeDomain = (writer: XdrWriter, domain: DomainRef): XdrWriter => {
  checkReference('domain', domain, ['name', 'uuid'], 'domainLookupByName')
  return writer.string(domain.name).fixedBytes(uuidBytes(domain.uuid)).int(domain.id)
}

/** Networks and pools look the same. */
export const readNamed = (reader: XdrReader): NetworkRef & PoolRef => ({
  name: reader.string(),
  uuid: uuidText(reader.fixedBytes(16)),
})

export const writeNamed = (writer: XdrWriter, named: NetworkRef | PoolRef): XdrWriter => {
  checkReference(
    'network or a pool',
    named,
    ['name', 'uuid'],
    'networkLookupByName or storagePoolLookupByName',
  )
  return writer.string(named.name).fixedBytes(uuidBytes(named.uuid))
}

export const readVolume = (reader: XdrReader): VolumeRef => ({
  pool: reader.string(),
  name: reader.string(),
  key: reader.string(),
})

export const writeVolume = (writer: XdrWriter, volume: VolumeRef): XdrWriter => {
  checkReference('volume', volume, ['pool', 'name', 'key'], 'storageVolLookupByName')
  return writer.string(volume.pool).string(volume.name).string(volume.key)
}

/** From plain JavaScript a name may come where libvirt needs more than that. */
function checkReference(what: string, given: unknown, fields: readonly string[], lookup: string): void {
  const found = (typeof given === 'object' && given !== null ? given : {}) as Readonly<
    Record<string, unknown>
  >
  if (fields.every((field) => typeof found[field] === 'string')) return
  const shown = typeof given === 'string' ? JSON.stringify(given) : typeof given
  const message = `a ${what} is given as { ${fields.join(', ')} }, and not as ${shown}: ${lookup} finds it by its name`
  throw new LibvirtError(message, { kind: 'invalid-argument' })
}
