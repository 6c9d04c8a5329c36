import type { DiskError, DomainRef, InterfaceAddress } from '../domain-types.js'
import type { DomainMetadata } from '../hypervisor.js'
import type { LibvirtConnection } from '../libvirt-connection.js'
import { listMaxCount, smallListMaxCount } from '../wire/limits.js'
import type { XdrReader } from '../wire/xdr-reader.js'
import { addressFamily, addressSource, metadataElement } from './enumerations.js'
import { nothing, procedure, readString, type Call } from './procedure.js'
import { domainMinBytes, readDomain, writeDomain } from './references.js'

/** Source: remote_protocol.x of libvirt 9.0. */
const table = {
  setMetadata: procedure(
    'domainSetMetadata',
    264,
    (to, domain: DomainRef, { key, uri, xml, flags = 0 }: DomainMetadata) =>
      writeDomain(to, domain)
        .int(metadataElement)
        .optionalString(xml)
        .optionalString(key)
        .optionalString(uri)
        .uint(flags),
    nothing,
  ),
  getMetadata: procedure(
    'domainGetMetadata',
    265,
    (to, domain: DomainRef, uri: string, flags: number) =>
      writeDomain(to, domain).int(metadataElement).optionalString(uri).uint(flags),
    readString,
  ),
  interfaceAddresses: procedure(
    'domainInterfaceAddresses',
    353,
    (to, domain: DomainRef, source: keyof typeof addressSource) =>
      writeDomain(to, domain).uint(addressSource[source]).uint(0),
    (from) => from.list(smallListMaxCount, 12, () => readInterface(from)),
  ),
  diskErrors: procedure(
    'domainGetDiskErrors',
    263,
    (to, domain: DomainRef) => writeDomain(to, domain).uint(diskErrorsMaxCount).uint(0),
    (from) =>
      from.list(smallListMaxCount, 8, () => ({
        disk: from.string(),
        error: diskErrorNames[from.int()] ?? 'unknown',
      })),
  ),
  listSnapshots: procedure(
    'domainListAllSnapshots',
    274,
    (to, domain: DomainRef) => writeDomain(to, domain).int(1).uint(0),
    (from) =>
      from.list(listMaxCount, domainMinBytes, () => {
        const name = from.string()
        readDomain(from)
        return name
      }),
  ),
  snapshotXml: procedure(
    'domainSnapshotGetXmlDesc',
    186,
    (to, domain: DomainRef, snapshot: string) => writeDomain(to.string(snapshot), domain).uint(0),
    readString,
  ),
} as const

/** REMOTE_DOMAIN_DISK_ERRORS_MAX. */
const diskErrorsMaxCount = 256
/** virDomainDiskErrorCode; what has none is not told. */
const diskErrorNames: readonly DiskError['error'][] = ['unknown', 'unspecified', 'no-space']

function readInterface(from: XdrReader): InterfaceAddress {
  return {
    name: from.string(),
    mac: from.optionalString(),
    addresses: from.list(smallListMaxCount, 12, () => ({
      family: addressFamily(from.int()),
      address: from.string(),
      prefix: from.uint(),
    })),
  }
}

type GuestCalls = Pick<
  LibvirtConnection,
  | 'domainSetMetadata'
  | 'domainGetMetadata'
  | 'domainInterfaceAddresses'
  | 'domainGetDiskErrors'
  | 'domainListAllSnapshots'
  | 'domainSnapshotGetXmlDesc'
>

/** Calls on a domain's metadata, addresses, disk errors and snapshots. */
export const guestCalls = (call: Call): GuestCalls => ({
  domainSetMetadata: (domain, metadata, options) => call(table.setMetadata, [domain, metadata], options),
  domainGetMetadata: (domain, uri, flags = 0, options) =>
    call(table.getMetadata, [domain, uri, flags], options),
  domainInterfaceAddresses: (domain, source, options) =>
    call(table.interfaceAddresses, [domain, source], options),
  domainGetDiskErrors: (domain, options) => call(table.diskErrors, [domain], options),
  domainListAllSnapshots: (domain, options) => call(table.listSnapshots, [domain], options),
  domainSnapshotGetXmlDesc: (domain, snapshot, options) =>
    call(table.snapshotXml, [domain, snapshot], options),
})
