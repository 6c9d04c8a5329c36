import { messageOf } from '@flotilla/core/authoring'
import type { DiskError, DomainInfo, DomainRef, DomainState, Hypervisor } from '@flotilla/libvirt'
import type { CallBound, Link } from './connection/link.js'
import { isNoDomain, isNoMetadata, isTransient } from './errors.js'
import { metadata, readOwner, type Owner } from './labels.js'
import { readDomainName } from './names.js'
import { pausedByDisk } from './status.js'

/** A reading of a running machine's CPU, or why there is none. */
export type InfoSample =
  | {
      readonly kind: 'info'
      readonly info: DomainInfo
      /** On the clock's monotonic time, and on its wall time. */
      readonly atMs: number
      readonly at: number
    }
  | { readonly kind: 'none'; readonly reason: string }

/** One domain that carries our metadata. */
export interface MarkedDomain {
  readonly ref: DomainRef
  readonly owner: Owner
  readonly state: DomainState
  /** The disks that failed, where libvirt paused it for that. */
  readonly diskErrors?: readonly DiskError[] | undefined
  /** Its CPU when it was listed, where it runs. */
  readonly sample?: InfoSample | undefined
}

/** The domains of one hypervisor whose names are as ours. */
export interface DomainList {
  readonly marked: readonly MarkedDomain[]
  /** Those without our metadata. */
  readonly unmarked: readonly DomainRef[]
}

/** VIR_DOMAIN_AFFECT_CONFIG: what is stored, which a restore from a saved image does not turn back. */
const affectConfig = 2
/** VIR_DOMAIN_AFFECT_LIVE: what a running one has. */
const affectLive = 1

/**
 * Reads the machines of one hypervisor: one list, and one call for each domain whose name has our shape, all on their way at
 * once. Of one that runs that call tells its CPU time too, so that a tick's list and its usage are one question. Why it
 * is in its state is asked only of one that does not run. We change the metadata of one that has its token seldom, so
 * they are asked for anew only now and then: somebody may have removed them.
 */
export class Inventory {
  readonly #link: Link
  readonly #owners = new Map<string, { readonly owner: Owner; readonly atMs: number }>()

  constructor(link: Link) {
    this.#link = link
  }

  async read(signal: AbortSignal): Promise<DomainList> {
    return this.#link.ask({ what: 'list domains', signal }, async (hypervisor, call) => {
      const found = await hypervisor.connectListAllDomains(0, call)
      const ours = found.filter(({ name }) => readDomainName(name) !== undefined)
      const read = await Promise.all(ours.map(async (ref) => this.#domain(hypervisor, ref, call)))
      const there = new Set(ours.map(({ uuid }) => uuid))
      for (const uuid of this.#owners.keys()) if (!there.has(uuid)) this.#owners.delete(uuid)
      return {
        marked: read.filter((domain) => domain !== undefined && domain !== 'unmarked'),
        unmarked: ours.filter((_, index) => read[index] === 'unmarked'),
      }
    })
  }

  /** Its metadata were changed, or may have been. */
  forget(uuid: string): void {
    this.#owners.delete(uuid)
  }

  /** Undefined when it was removed since the list. */
  async #domain(
    hypervisor: Hypervisor,
    ref: DomainRef,
    call: CallBound,
  ): Promise<MarkedDomain | 'unmarked' | undefined> {
    const [owner, sample] = await Promise.all([
      this.#owner(hypervisor, ref, call),
      ref.id < 0 ? undefined : this.#sample(hypervisor, ref, call),
    ])
    if (owner === undefined) {
      const there = await hypervisor.domainGetState(ref, call).catch(unlessGone)
      return there === undefined ? undefined : 'unmarked'
    }
    const isRunning = sample?.kind === 'info' && sample.info.state === 'running'
    const state = isRunning
      ? { state: sample.info.state, reason: booted }
      : await hypervisor.domainGetState(ref, call).catch(unlessGone)
    if (state === undefined) return undefined
    const isDiskFault = state.state === 'paused' && state.reason === pausedByDisk
    return {
      ref,
      owner,
      state,
      ...(isDiskFault ? { diskErrors: await diskErrorsOf(hypervisor, ref, call) } : {}),
      ...(sample === undefined ? {} : { sample }),
    }
  }

  /** A domain that cannot be measured must not keep the others from being listed. */
  async #sample(hypervisor: Hypervisor, ref: DomainRef, call: CallBound): Promise<InfoSample> {
    const { clock } = this.#link
    try {
      const info = await hypervisor.domainGetInfo(ref, call)
      return { kind: 'info', info, atMs: clock.monotonic(), at: clock.now() }
    } catch (error) {
      call.signal.throwIfAborted()
      return { kind: 'none', reason: messageOf(error) }
    }
  }

  async #owner(hypervisor: Hypervisor, ref: DomainRef, call: CallBound): Promise<Owner | undefined> {
    const { clock } = this.#link
    const known = this.#owners.get(ref.uuid)
    const atMs = clock.monotonic()
    if (known !== undefined && atMs - known.atMs < ownerMaxAgeMs) return known.owner
    const owner = await readOwnerOf(hypervisor, ref, call)
    if (owner?.token === undefined) this.#owners.delete(ref.uuid)
    else this.#owners.set(ref.uuid, { owner, atMs })
    return owner
  }
}

/** Metadata that somebody removed are missed within this. */
const ownerMaxAgeMs = 10_000
/** VIR_DOMAIN_RUNNING_BOOTED. */
const booted = 1

const unlessGone = (error: unknown): undefined => {
  if (isNoDomain(error)) return undefined
  throw error
}

/** None where libvirt cannot tell: that its disk failed is known. */
async function diskErrorsOf(
  hypervisor: Hypervisor,
  ref: DomainRef,
  call: CallBound,
): Promise<readonly DiskError[]> {
  return hypervisor.domainGetDiskErrors(ref, call).catch(() => {
    call.signal.throwIfAborted()
    return []
  })
}

/** The owner in a domain's metadata; undefined when it has none of ours, or is gone. */
export async function readOwnerOf(
  hypervisor: Hypervisor,
  ref: DomainRef,
  call: CallBound,
): Promise<Owner | undefined> {
  try {
    const owner = readOwner(await readMetadata(hypervisor, ref, call))
    const name = readDomainName(ref.name)
    // Metadata that were copied to another domain, by hand or by virt-clone, do not make that one ours.
    const isItsOwn = owner?.uuid === ref.uuid && owner.scope === name?.scope && owner.group === name.group
    return isItsOwn ? owner : undefined
  } catch (error) {
    if (isNoMetadata(error) || isNoDomain(error)) return undefined
    throw error
  }
}

/** A machine that somebody undefined while it ran is still ours. */
async function readMetadata(hypervisor: Hypervisor, ref: DomainRef, call: CallBound): Promise<string> {
  try {
    return await hypervisor.domainGetMetadata(ref, metadata.uri, affectConfig, call)
  } catch (error) {
    if (!isTransient(error)) throw error
    return hypervisor.domainGetMetadata(ref, metadata.uri, affectLive, call)
  }
}
