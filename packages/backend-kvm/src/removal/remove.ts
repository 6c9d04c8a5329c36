import type { DomainRef } from '@flotilla/libvirt'
import type { Step } from '../connection/link.js'
import { storeOf } from '../disks/open-store.js'
import { isAsAsked, isNoDomain, isTransient } from '../errors.js'
import type { Host, Machine } from '../host/host.js'
import { writeOwner } from '../host/write-owner.js'
import type { Owner } from '../labels.js'
import { releaseAddress } from '../network/dhcp-entries.js'
import { isActive } from '../status.js'
import type { FileGuard, OwnDomain } from './file-guard.js'
import type { Kept } from './kept.js'

/**
 * VIR_DOMAIN_UNDEFINE_*: what else makes libvirt refuse. All of it is the domain's own: its managed save, its NVRAM, and
 * what libvirt notes of its snapshots and backup checkpoints.
 */
const undefineFlags = { managedSave: 1, snapshots: 2, nvram: 4, keepNvram: 8, checkpoints: 16 } as const
const { managedSave, snapshots, nvram, keepNvram, checkpoints } = undefineFlags
const undefineAll = managedSave | snapshots | nvram | checkpoints
/** Only the definition: what it had may be used where the machine is now. */
const undefineAlone = snapshots | keepNvram | checkpoints

const pauses = { firstMs: 50, longestMs: 500 }

type Removed = Pick<Machine, 'host' | 'ref' | 'owner' | 'state'>

export interface RemoveOptions extends Step {
  /** Time for the guest to power itself off. */
  readonly shutdownMs: number
  /** Is asked what may go; left out for what this very launch has made. */
  readonly guard?: FileGuard | undefined
  /** Definitions of the same machine that a migration left on other hypervisors. */
  readonly copies?: readonly OwnDomain[] | undefined
}

/**
 * Ends a machine and removes what was made for it. The domain itself goes last: as long as anything is left, it stands
 * there with its owner's name, and whoever comes next goes on where this one stopped. Every step may be done again.
 *
 * @returns what stays because somebody uses it, or may: the domain then stays too, powered off and marked as ended
 */
export async function removeMachine(
  machine: Removed,
  { what, signal, shutdownMs, guard, copies = [] }: RemoveOptions,
): Promise<readonly Kept[]> {
  const { host, ref, state } = machine
  const step: Step = { what, signal }
  const wasActive = isActive(state)
  try {
    if (wasActive) {
      if (shutdownMs > 0 && state.state === 'running') await shutDown(host, ref, shutdownMs, step)
      await destroy(host, ref, step)
    }
    const kept = await removeBelongings(machine, { guard, copies, isIdle: !wasActive }, step)
    if (kept.length === 0) await undefine(host, ref, undefineAll, step)
    else await markEnded(machine, step)
    return kept
  } finally {
    host.machines.invalidate()
  }
}

/** Takes a definition away whose machine is elsewhere now: nothing of what it names is touched. */
export async function undefineStale(host: Host, ref: DomainRef, step: Step): Promise<void> {
  try {
    await undefine(host, ref, undefineAlone, step)
  } finally {
    host.machines.invalidate()
  }
}

/** Asks the guest to power off, and waits until it has, or until the bound passes. */
async function shutDown(host: Host, ref: DomainRef, shutdownMs: number, step: Step): Promise<void> {
  const { clock } = host
  const question = { ...step, what: `${step.what}: ask it to power off`, instanceId: ref.uuid }
  const endMs = clock.monotonic() + shutdownMs
  try {
    await host.ask(question, async (hypervisor, call) => hypervisor.domainShutdownFlags(ref, 0, call))
    for (
      let pauseMs = pauses.firstMs;
      clock.monotonic() < endMs;
      pauseMs = Math.min(2 * pauseMs, pauses.longestMs)
    ) {
      await clock.sleep(Math.min(pauseMs, endMs - clock.monotonic()), { signal: step.signal })
      const { state } = await host.ask(question, async (hypervisor, call) =>
        hypervisor.domainGetState(ref, call),
      )
      if (state === 'shutoff' || state === 'crashed') return
    }
  } catch {
    // A guest that cannot be asked is destroyed.
    step.signal.throwIfAborted()
  }
}

async function destroy(host: Host, ref: DomainRef, step: Step): Promise<void> {
  const question = { ...step, what: `${step.what}: destroy it`, instanceId: ref.uuid }
  await host
    .ask(question, async (hypervisor, call) => hypervisor.domainDestroyFlags(ref, 0, call))
    .catch(unless(isNoDomain, isAsAsked))
}

interface Belongings {
  readonly guard: FileGuard | undefined
  readonly copies: readonly OwnDomain[]
  readonly isIdle: boolean
}

/** Address and files. */
async function removeBelongings(
  { host, ref, owner }: Removed,
  { guard, copies, isIdle }: Belongings,
  step: Step,
): Promise<readonly Kept[]> {
  const own = [{ host, uuid: ref.uuid }, ...copies]
  const entry = await removeEntry(host, owner, { guard, own }, step)
  const store = await storeOf(host, owner, step)
  if (store === undefined) return entry
  if (guard === undefined) {
    await store.remove(owner.files, { ...step, isKnown: true })
    return entry
  }
  const { free, kept } = await guard.ask({ host, store, files: withRotated(owner.files), own, isIdle }, step)
  await store.remove(free, step)
  return [...entry, ...kept]
}

/** A console log that grew has earlier parts beside it: virtlogd keeps three. */
function withRotated(files: readonly string[]): readonly string[] {
  return files.flatMap((file) =>
    file.endsWith('.console.log') ? [file, ...[0, 1, 2].map((part) => `${file}.${part}`)] : [file],
  )
}

async function removeEntry(
  host: Host,
  { entryNetwork, entryName, macs: [mac = ''] }: Owner,
  { guard, own }: { readonly guard: FileGuard | undefined; readonly own: readonly OwnDomain[] },
  step: Step,
): Promise<readonly Kept[]> {
  if (entryNetwork === undefined || entryName === undefined) return []
  const [user] = (await guard?.cardUsers(host, mac, own, step)) ?? []
  if (user !== undefined) {
    const why = `the domain ${user} of ${host.label} has its MAC address ${mac}`
    return [{ what: `DHCP host entry ${entryName} of network ${entryNetwork}`, why }]
  }
  await releaseAddress(host, { network: entryNetwork, name: entryName }, step)
  return []
}

/** It is no instance any more, and the next sweep tries again. */
async function markEnded(machine: Removed, step: Step): Promise<void> {
  const { host, owner } = machine
  if (owner.endedAt !== undefined) return
  const ended = { ...owner, endedAt: host.clock.now() }
  // A transient domain is gone when it ends; its files are found by their names.
  await writeOwner({ ...machine, state: { state: 'shutoff', reason: 2 } }, ended, step).catch(
    unless(isNoDomain, isTransient),
  )
}

async function undefine(host: Host, ref: DomainRef, flags: number, step: Step): Promise<void> {
  const question = { ...step, what: `${step.what}: undefine it`, instanceId: ref.uuid }
  await host
    .ask(question, async (hypervisor, call) => hypervisor.domainUndefineFlags(ref, flags, call))
    .catch(unless(isNoDomain))
}

function unless(...fine: readonly ((error: unknown) => boolean)[]): (error: unknown) => void {
  return (error) => {
    if (!fine.some((isFine) => isFine(error))) throw error
  }
}
