import { messageOf } from '@flotilla/core/authoring'
import type { DiskError, DomainInfo, DomainRef, DomainState, Hypervisor } from '@flotilla/libvirt'
import { pausedByDisk } from './status.js'
import { isNoDomain, isNoMetadata, isTransient } from './errors.js'
import type { Host } from './host/host.js'
import { readDomainName } from './names.js'
import { metadata, readOwner, type Owner } from './labels.js'

/** What was read of a running machine's CPU, or why it could not be. */
export type InfoSample =
  | {
      readonly kind: 'info'
      readonly info: DomainInfo
      /** On the clock's monotonic time, and on its wall time. */
      readonly atMs: number
      readonly at: number
    }
  | { readonly kind: 'none'; readonly reason: string }

/** One domain of ours. */
export interface Machine {
  readonly host: Host
  readonly ref: DomainRef
  readonly owner: Owner
  readonly state: DomainState
  /** Of one that was paused because a disk failed. */
  readonly diskErrors?: readonly DiskError[] | undefined
  /** Of one that runs, when it was listed. */
  readonly sample?: InfoSample | undefined
}

/** VIR_DOMAIN_AFFECT_CONFIG: what is stored, which a restore from a saved image does not turn back. */
const affectConfig = 2
/** VIR_DOMAIN_AFFECT_LIVE: what a running one has. */
const affectLive = 1

/**
 * The machines of one hypervisor: one list, and one call for each domain whose name has our shape, all on their way at
 * once. Of one that runs that call tells its CPU time too, so that a tick's list and its usage are one question. Why it
 * is in its state is asked only of one that does not run. We change the metadata of one that has its token seldom, so
 * they are asked for anew only now and then: somebody may have removed them.
 */
export class Inventory {
  readonly #host: Host
  readonly #owners = new Map<string, { readonly owner: Owner; readonly atMs: number }>()

  constructor(host: Host) {
    this.#host = host
  }

  async read(signal: AbortSignal): Promise<readonly Machine[]> {
    return this.#host.ask({ what: 'list domains', signal }, async (hypervisor, call) => {
      const found = await hypervisor.connectListAllDomains(0, call)
      const ours = found.filter(({ name }) => readDomainName(name) !== undefined)
      const machines = await Promise.all(ours.map(async (ref) => this.#machine(hypervisor, ref, call)))
      const there = new Set(ours.map(({ uuid }) => uuid))
      for (const uuid of this.#owners.keys()) if (!there.has(uuid)) this.#owners.delete(uuid)
      for (const uuid of this.#host.brokenOff.keys()) if (!there.has(uuid)) this.#host.brokenOff.delete(uuid)
      this.#host.unmarked = ours.filter((_, index) => machines[index] === 'unmarked')
      return machines.filter((machine) => machine !== undefined && machine !== 'unmarked')
    })
  }

  /** Its metadata were changed, or may have been. */
  forget(uuid: string): void {
    this.#owners.delete(uuid)
  }

  /** Undefined when it was removed since the list. */
  async #machine(
    hypervisor: Hypervisor,
    ref: DomainRef,
    call: Call,
  ): Promise<Machine | 'unmarked' | undefined> {
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
      host: this.#host,
      ref,
      owner,
      state,
      ...(isDiskFault ? { diskErrors: await diskErrorsOf(hypervisor, ref, call) } : {}),
      ...(sample === undefined ? {} : { sample }),
    }
  }

  /** One domain that cannot be measured must not keep the others from being listed. */
  async #sample(hypervisor: Hypervisor, ref: DomainRef, call: Call): Promise<InfoSample> {
    const { clock } = this.#host
    try {
      const info = await hypervisor.domainGetInfo(ref, call)
      return { kind: 'info', info, atMs: clock.monotonic(), at: clock.now() }
    } catch (error) {
      call.signal.throwIfAborted()
      return { kind: 'none', reason: messageOf(error) }
    }
  }

  async #owner(hypervisor: Hypervisor, ref: DomainRef, call: Call): Promise<Owner | undefined> {
    const { clock } = this.#host
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

type Call = { readonly signal: AbortSignal; readonly timeoutMs: number }

const unlessGone = (error: unknown): undefined => {
  if (isNoDomain(error)) return undefined
  throw error
}

/** None where libvirt cannot tell: that its disk failed is known. */
async function diskErrorsOf(
  hypervisor: Hypervisor,
  ref: DomainRef,
  call: Call,
): Promise<readonly DiskError[]> {
  return hypervisor.domainGetDiskErrors(ref, call).catch(() => {
    call.signal.throwIfAborted()
    return []
  })
}

/** What a domain's metadata say; undefined when it carries nothing of ours, or is gone. */
export async function readOwnerOf(
  hypervisor: Hypervisor,
  ref: DomainRef,
  call: Call,
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

/** One of ours that somebody undefined while it ran stays ours. */
async function readMetadata(hypervisor: Hypervisor, ref: DomainRef, call: Call): Promise<string> {
  try {
    return await hypervisor.domainGetMetadata(ref, metadata.uri, affectConfig, call)
  } catch (error) {
    if (!isTransient(error)) throw error
    return hypervisor.domainGetMetadata(ref, metadata.uri, affectLive, call)
  }
}
