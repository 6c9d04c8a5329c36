import type { DomainRef } from '../domain-types.js'
import type { CallOptions, Hypervisor } from '../hypervisor.js'
import { LibvirtError } from '../libvirt-error.js'
import { affect, flagOptions } from './flag-options.js'
import type { RunVirsh, VirshCommand } from './run-virsh.js'
import { unreadable } from './virsh-error.js'

type DomainCommands = Pick<
  Hypervisor,
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
  | 'domainManagedSaveRemove'
  | 'domainGetXmlDesc'
  | 'domainSetMetadata'
  | 'domainGetMetadata'
>

const listFlags = { 4: '--persistent', 8: '--transient' }
const startFlags = { 1: '--paused', 4: '--bypass-cache', 8: '--force-boot' }
const createFlags = { 1: '--paused', 16: '--validate' }
const undefineFlags = {
  1: '--managed-save',
  2: '--snapshots-metadata',
  4: '--nvram',
  8: '--keep-nvram',
  16: '--checkpoints-metadata',
  32: '--tpm',
  64: '--keep-tpm',
}
const saveFlags = { 1: '--bypass-cache', 2: '--running', 4: '--paused' }
const xmlFlags = { 1: '--security-info', 2: '--inactive', 4: '--update-cpu', 8: '--migratable' }
const shutdownFlags = {
  1: '--mode=acpi',
  2: '--mode=agent',
  4: '--mode=initctl',
  8: '--mode=signal',
  16: '--mode=paravirt',
}

/** Life of domains, by virsh. Domains are named to it by UUID: a name may look like an id. */
export function domainCommands(run: RunVirsh): DomainCommands {
  const list = async (flags: number, options?: CallOptions): Promise<DomainRef[]> => {
    const args = [...activity(flags & 3), '--uuid', '--name', '--id']
    const more = flagOptions('connectListAllDomains', flags & ~3, listFlags)
    return readDomains(await run({ name: 'list', args: [...args, ...more] }, options))
  }
  const find = async (is: (domain: DomainRef) => boolean, what: string, options?: CallOptions) => {
    const found = (await list(0, options)).find(is)
    if (found !== undefined) return found
    const message = `Domain not found: no domain with matching ${what}`
    throw new LibvirtError(message, { code: 42, domain: 10, level: 2 })
  }
  const byName = (name: string, options?: CallOptions): Promise<DomainRef> =>
    find((domain) => domain.name === name, `name '${name}'`, options)
  const byUuid = (uuid: string, options?: CallOptions): Promise<DomainRef> =>
    find((domain) => domain.uuid === uuid.toLowerCase(), `uuid '${uuid}'`, options)
  const act = async (name: string, { uuid }: DomainRef, args: readonly string[], options?: CallOptions) => {
    await run({ name, args: [`--domain=${uuid}`, ...args] }, options)
  }
  const make = async (command: VirshCommand, done: RegExp, options?: CallOptions): Promise<DomainRef> => {
    const said = await run({ ...command, isTalkative: true }, options)
    const name = done.exec(said)?.[1]
    if (name === undefined) throw unreadable(command.name, said)
    return byName(name, options)
  }
  return {
    connectListAllDomains: (flags = 0, options) => list(flags, options),
    domainLookupByName: byName,
    domainLookupByUuid: byUuid,
    domainDefineXmlFlags: async (xml, flags = 0, options) => {
      const args = flagOptions('domainDefineXmlFlags', flags, { 1: '--validate' })
      return make({ name: 'define', args, input: xml }, /^Domain '(.*)' defined from/m, options)
    },
    domainCreateXml: async (xml, flags = 0, options) => {
      const args = flagOptions('domainCreateXml', flags, createFlags)
      return make({ name: 'create', args, input: xml }, /^Domain '(.*)' created from/m, options)
    },
    domainCreateWithFlags: async (domain, flags = 0, options) => {
      await act('start', domain, flagOptions('domainCreateWithFlags', flags, startFlags), options)
      return byUuid(domain.uuid, options)
    },
    domainShutdownFlags: async (domain, flags = 0, options) =>
      act('shutdown', domain, flagOptions('domainShutdownFlags', flags, shutdownFlags), options),
    domainDestroyFlags: async (domain, flags = 0, options) =>
      act('destroy', domain, flagOptions('domainDestroyFlags', flags, { 1: '--graceful' }), options),
    domainUndefineFlags: async (domain, flags = 0, options) =>
      act('undefine', domain, flagOptions('domainUndefineFlags', flags, undefineFlags), options),
    domainSuspend: (domain, options) => act('suspend', domain, [], options),
    domainResume: (domain, options) => act('resume', domain, [], options),
    domainManagedSave: async (domain, flags = 0, options) =>
      act('managedsave', domain, flagOptions('domainManagedSave', flags, saveFlags), options),
    domainManagedSaveRemove: (domain, options) => act('managedsave-remove', domain, [], options),
    domainGetXmlDesc: async ({ uuid }, flags = 0, options) => {
      const args = [`--domain=${uuid}`, ...flagOptions('domainGetXmlDesc', flags, xmlFlags)]
      return run({ name: 'dumpxml', args }, options)
    },
    domainSetMetadata: async (domain, { key, uri, xml, flags = 0 }, options) => {
      const change = xml === undefined ? '--remove' : `--set=${xml}`
      const args = [
        `--uri=${uri}`,
        `--key=${key}`,
        change,
        ...flagOptions('domainSetMetadata', flags, affect),
      ]
      await act('metadata', domain, args, options)
    },
    domainGetMetadata: async ({ uuid }, uri, flags = 0, options) => {
      const args = [`--domain=${uuid}`, `--uri=${uri}`, ...flagOptions('domainGetMetadata', flags, affect)]
      return (await run({ name: 'metadata', args }, options)).trimEnd()
    },
  }
}

/** Active, inactive, or both. */
function activity(flags: number): string[] {
  if (flags === 1) return []
  return flags === 2 ? ['--inactive'] : ['--all']
}

/** `UUID ID NAME` of each; a domain that does not run has `-` for an id. */
function readDomains(output: string): DomainRef[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => {
    const [, uuid, id, name] = /^([\da-f-]{36})\s+(-|\d+)\s+(.*)$/.exec(line) ?? []
    if (uuid === undefined || name === undefined) throw unreadable('list', line)
    return { name, uuid, id: id === '-' ? -1 : Number(id) }
  })
}
