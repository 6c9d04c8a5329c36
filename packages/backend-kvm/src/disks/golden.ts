import { existsSync } from 'node:fs'
import { FlotillaError } from '@flotilla/core'
import type { Hypervisor } from '@flotilla/libvirt'
import type { CallBound, Step } from '../connection/link.js'
import { isNoDomain, isNoVolume } from '../errors.js'
import type { Host } from '../host/host.js'
import { readOwnerOf } from '../inventory.js'
import { readDomainName } from '../names.js'
import type { Template } from '../options.js'
import { ownDiskPaths } from '../xml/domain-xml.js'
import { readVolume, type Backing, type VolumeFacts } from '../xml/volume-xml.js'
import { imageInfo } from './qemu-img.js'

/** The golden image as a hypervisor has it. */
export interface Golden extends Backing {
  readonly capacityBytes: bigint
}

/** A golden image that was found right stays so for this long. */
const checkedMs = 60_000
/** VIR_CONNECT_LIST_DOMAINS_ACTIVE. */
const listActive = 1

/**
 * Looks at what every launch counts on before the first one, so that what is wrong is said in plain words: the golden
 * image is there, is of the format it is said to be, and is no running machine's own disk; KVM can be used; the networks
 * are up.
 */
export class GoldenGuard {
  readonly #template: Template
  readonly #found = new Map<Host, { readonly golden: Golden; readonly atMs: number }>()
  readonly #checking = new Map<Host, Promise<Golden>>()

  constructor(template: Template) {
    this.#template = template
  }

  async check(host: Host, step: Step): Promise<Golden> {
    const last = this.#found.get(host)
    if (last !== undefined && host.clock.monotonic() - last.atMs < checkedMs) return last.golden
    const checking = this.#checking.get(host) ?? this.#look(host, step)
    this.#checking.set(host, checking)
    try {
      return await checking
    } finally {
      if (this.#checking.get(host) === checking) this.#checking.delete(host)
    }
  }

  /** Forgets the last check: a launch failed. */
  forget(host: Host): void {
    this.#found.delete(host)
  }

  async #look(host: Host, step: Step): Promise<Golden> {
    if (this.#template.domainType === 'kvm' && host.isLocal && !existsSync('/dev/kvm')) {
      const message =
        `${step.what}: KVM was asked for, and this host has no /dev/kvm: enable it (BIOS, nested virtualisation, ` +
        `modprobe kvm_intel or kvm_amd), or ask for domainType: 'qemu', which is many times slower`
      throw new FlotillaError('invalid-template', message)
    }
    const golden = await this.#image(host, step)
    await host.ask(
      { ...step, what: `${step.what}: look who uses the golden image` },
      async (hypervisor, call) => {
        await Promise.all([
          this.#refuseIfUsed(hypervisor, golden.path, call),
          this.#refuseIfNetworkIsDown(hypervisor, step.what, call),
        ])
      },
    )
    this.#found.set(host, { golden, atMs: host.clock.monotonic() })
    return golden
  }

  async #image(host: Host, step: Step): Promise<Golden> {
    const { golden } = this.#template
    const what = `${step.what}: look at the golden image`
    const facts = await host.ask({ ...step, what, otherwise: 'invalid-template' }, async (hypervisor, call) =>
      this.#volume(hypervisor, call),
    )
    if (facts?.path !== undefined && facts.format !== undefined) {
      this.#refuseOtherFormat(facts.format, what)
      return { path: facts.path, format: facts.format, capacityBytes: facts.capacityBytes }
    }
    const isLocal = 'path' in golden && host.isLocal
    if (!isLocal) {
      const name = 'path' in golden ? golden.path : `${golden.volume} of pool ${golden.pool}`
      const message = `${what}: ${host.label} has no ${name}${'path' in golden ? ' in a storage pool' : ''}`
      throw new FlotillaError('invalid-template', message)
    }
    const found = await imageInfo(golden.path, { ...step, what }, host.timeoutMs)
    this.#refuseOtherFormat(found.format, what)
    return { path: golden.path, ...found }
  }

  async #volume(hypervisor: Hypervisor, call: CallBound): Promise<VolumeFacts | undefined> {
    const { golden } = this.#template
    try {
      const volume =
        'path' in golden
          ? await hypervisor.storageVolLookupByPath(golden.path, call)
          : await hypervisor.storageVolLookupByName(
              await hypervisor.storagePoolLookupByName(golden.pool, call),
              golden.volume,
              call,
            )
      return readVolume(await hypervisor.storageVolGetXmlDesc(volume, call))
    } catch (error) {
      if (isNoVolume(error)) return undefined
      throw error
    }
  }

  /** An image taken for a format that it is not would be read as rubbish, or as another image's. */
  #refuseOtherFormat(found: string, what: string): void {
    const { golden } = this.#template
    const wanted = 'path' in golden ? golden.format : undefined
    if (found !== 'qcow2' && found !== 'raw') {
      throw new FlotillaError('invalid-template', `${what}: it is ${found}; qcow2 or raw would do`)
    }
    if (wanted === undefined || wanted === found) return
    throw new FlotillaError('invalid-template', `${what}: it is said to be ${wanted}, and it is ${found}`)
  }

  async #refuseIfUsed(hypervisor: Hypervisor, path: string, call: CallBound): Promise<void> {
    const { golden } = this.#template
    const asVolume = 'pool' in golden ? `${golden.pool}/${golden.volume}` : undefined
    const active = await hypervisor.connectListAllDomains(listActive, call)
    await Promise.all(
      active.map(async (ref) => {
        const mayBeOurs = readDomainName(ref.name) !== undefined
        if (mayBeOurs && (await readOwnerOf(hypervisor, ref, call)) !== undefined) return
        const xml = await hypervisor.domainGetXmlDesc(ref, 0, call).catch((error: unknown) => {
          if (isNoDomain(error)) return undefined
          throw error
        })
        const disks = xml === undefined ? [] : ownDiskPaths(xml)
        if (!disks.some((disk) => disk === path || disk === asVolume)) return
        const message = `the golden image ${path} is a disk of the running domain ${ref.name}: shut that down first`
        throw new FlotillaError('invalid-template', message)
      }),
    )
  }

  async #refuseIfNetworkIsDown(hypervisor: Hypervisor, what: string, call: CallBound): Promise<void> {
    const names = this.#template.networks.filter((network) => typeof network === 'string')
    await Promise.all(
      names.map(async (name) => {
        const network = await hypervisor.networkLookupByName(name, call)
        if (await hypervisor.networkIsActive(network, call)) return
        const message = `${what}: network ${name} is not active; start it: virsh net-start ${name}`
        throw new FlotillaError('unavailable', message)
      }),
    )
  }
}
