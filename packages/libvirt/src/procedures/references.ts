import type { DomainRef } from '../domain-types.js'
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

export const writeDomain = (writer: XdrWriter, { name, uuid, id }: DomainRef): XdrWriter =>
  writer.string(name).fixedBytes(uuidBytes(uuid)).int(id)

/** Networks and pools look the same. */
export const readNamed = (reader: XdrReader): NetworkRef & PoolRef => ({
  name: reader.string(),
  uuid: uuidText(reader.fixedBytes(16)),
})

export const writeNamed = (writer: XdrWriter, { name, uuid }: NetworkRef | PoolRef): XdrWriter =>
  writer.string(name).fixedBytes(uuidBytes(uuid))

export const readVolume = (reader: XdrReader): VolumeRef => ({
  pool: reader.string(),
  name: reader.string(),
  key: reader.string(),
})

export const writeVolume = (writer: XdrWriter, { pool, name, key }: VolumeRef): XdrWriter =>
  writer.string(pool).string(name).string(key)
