import type { DomainRef } from '../domain-types.js'
import type { LibvirtConnection } from '../libvirt-connection.js'
import { listMaxCount, smallListMaxCount } from '../wire/limits.js'
import { uuidBytes } from '../wire/uuid.js'
import type { XdrReader } from '../wire/xdr-reader.js'
import type { XdrWriter } from '../wire/xdr-writer.js'
import { domainStateName, memoryTagName } from './enumerations.js'
import { nothing, procedure, readString, type Call, type Procedure } from './procedure.js'
import { domainMinBytes, readDomain, writeDomain } from './references.js'

type OfDomain<More extends readonly unknown[], Result> = Procedure<readonly [DomainRef, ...More], Result>

const ofDomain = <Result>(
  name: string,
  number: number,
  decode: (reader: XdrReader) => Result,
): OfDomain<[], Result> => procedure(name, number, writeDomain, decode)

const ofDomainWithFlags = <Result>(
  name: string,
  number: number,
  decode: (reader: XdrReader) => Result,
): OfDomain<[flags: number], Result> =>
  procedure(name, number, (to, domain, flags) => writeDomain(to, domain).uint(flags), decode)

const writeXml = (to: XdrWriter, xml: string, flags: number): XdrWriter => to.string(xml).uint(flags)

/** Source: remote_protocol.x of libvirt 9.0. */
const table = {
  listAll: procedure(
    'connectListAllDomains',
    273,
    (to, flags: number) => to.int(1).uint(flags),
    (from) => from.list(listMaxCount, domainMinBytes, () => readDomain(from)),
  ),
  lookupByName: procedure('domainLookupByName', 23, (to, name: string) => to.string(name), readDomain),
  lookupByUuid: procedure(
    'domainLookupByUuid',
    24,
    (to, uuid: string) => to.fixedBytes(uuidBytes(uuid)),
    readDomain,
  ),
  defineXmlFlags: procedure('domainDefineXmlFlags', 350, writeXml, readDomain),
  createXml: procedure('domainCreateXml', 10, writeXml, readDomain),
  createWithFlags: ofDomainWithFlags('domainCreateWithFlags', 196, readDomain),
  shutdownFlags: ofDomainWithFlags('domainShutdownFlags', 258, nothing),
  destroyFlags: ofDomainWithFlags('domainDestroyFlags', 234, nothing),
  undefineFlags: ofDomainWithFlags('domainUndefineFlags', 231, nothing),
  suspend: ofDomain('domainSuspend', 34, nothing),
  resume: ofDomain('domainResume', 28, nothing),
  managedSave: ofDomainWithFlags('domainManagedSave', 182, nothing),
  hasManagedSaveImage: ofDomainWithFlags('domainHasManagedSaveImage', 183, (from) => from.int() === 1),
  managedSaveRemove: ofDomainWithFlags('domainManagedSaveRemove', 184, nothing),
  getXmlDesc: ofDomainWithFlags('domainGetXmlDesc', 14, readString),
  getState: ofDomainWithFlags('domainGetState', 212, (from) => ({
    state: domainStateName(from.int()),
    reason: from.int(),
  })),
  getInfo: ofDomain('domainGetInfo', 16, (from) => ({
    state: domainStateName(from.uint()),
    maxMemoryKib: from.uhyper(),
    memoryKib: from.uhyper(),
    vcpus: from.uint(),
    cpuTimeNs: from.uhyper(),
  })),
  memoryStats: procedure(
    'domainMemoryStats',
    159,
    (to, domain: DomainRef) => writeDomain(to, domain).uint(memoryTagCount).uint(0),
    (from) =>
      Object.fromEntries(
        from.list(smallListMaxCount, 12, () => [memoryTagName(from.int()), from.uhyper()] as const),
      ),
  ),
} as const

/** VIR_DOMAIN_MEMORY_STAT_NR of libvirt 9.0; a daemon gives fewer where it knows fewer. */
const memoryTagCount = 13

type DomainCalls = Pick<
  LibvirtConnection,
  | 'connectListAllDomains'
  | 'domainLookupByName'
  | 'domainLookupByUuid'
  | 'domainDefineXmlFlags'
  | 'domainCreateXml'
  | 'domainCreateWithFlags'
  | 'domainShutdownFlags'
  | 'domainDestroyFlags'
  | 'domainUndefineFlags'
  | 'domainSuspend'
  | 'domainResume'
  | 'domainManagedSave'
  | 'domainHasManagedSaveImage'
  | 'domainManagedSaveRemove'
  | 'domainGetXmlDesc'
  | 'domainGetState'
  | 'domainGetInfo'
  | 'domainMemoryStats'
>

/** Calls on domains. */
export const domainCalls = (call: Call): DomainCalls => ({
  connectListAllDomains: (flags = 0, options) => call(table.listAll, [flags], options),
  domainLookupByName: (name, options) => call(table.lookupByName, [name], options),
  domainLookupByUuid: (uuid, options) => call(table.lookupByUuid, [uuid], options),
  domainDefineXmlFlags: (xml, flags = 0, options) => call(table.defineXmlFlags, [xml, flags], options),
  domainCreateXml: (xml, flags = 0, options) => call(table.createXml, [xml, flags], options),
  domainCreateWithFlags: (domain, flags = 0, options) =>
    call(table.createWithFlags, [domain, flags], options),
  domainShutdownFlags: (domain, flags = 0, options) => call(table.shutdownFlags, [domain, flags], options),
  domainDestroyFlags: (domain, flags = 0, options) => call(table.destroyFlags, [domain, flags], options),
  domainUndefineFlags: (domain, flags = 0, options) => call(table.undefineFlags, [domain, flags], options),
  domainSuspend: (domain, options) => call(table.suspend, [domain], options),
  domainResume: (domain, options) => call(table.resume, [domain], options),
  domainManagedSave: (domain, flags = 0, options) => call(table.managedSave, [domain, flags], options),
  domainHasManagedSaveImage: (domain, options) => call(table.hasManagedSaveImage, [domain, 0], options),
  domainManagedSaveRemove: (domain, options) => call(table.managedSaveRemove, [domain, 0], options),
  domainGetXmlDesc: (domain, flags = 0, options) => call(table.getXmlDesc, [domain, flags], options),
  domainGetState: (domain, options) => call(table.getState, [domain, 0], options),
  domainGetInfo: (domain, options) => call(table.getInfo, [domain], options),
  domainMemoryStats: (domain, options) => call(table.memoryStats, [domain], options),
})
