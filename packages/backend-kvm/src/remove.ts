import type { DomainRef } from '@flotilla/libvirt'
import { openStore, type Step } from './disk-store.js'
import { isActive } from './domain-status.js'
import { isAsAsked, isNoDomain } from './errors.js'
import type { Host } from './host.js'
import { releaseAddress } from './host-entries.js'
import type { Machine } from './inventory.js'
import type { Owner } from './owner.js'

/** VIR_DOMAIN_UNDEFINE_MANAGED_SAVE, _SNAPSHOTS_METADATA and _NVRAM: what else makes libvirt refuse. */
const undefineAll = 7

const pauses = { firstMs: 50, longestMs: 500 }

export interface RemoveOptions extends Step {
  /** Time for the guest to power itself off. */
  readonly shutdownMs: number
}

/**
 * Ends a machine and removes what was made for it. The domain itself goes last: as long as anything is left, it stands
 * there with its owner's name, and whoever comes next goes on where this one stopped. Every step may be done again.
 */
export async function removeMachine(
  { host, ref, owner, state }: Pick<Machine, 'host' | 'ref' | 'owner' | 'state'>,
  { what, signal, shutdownMs }: RemoveOptions,
): Promise<void> {
  const step: Step = { what, signal }
  try {
    if (isActive(state)) {
      if (shutdownMs > 0 && state.state === 'running') await shutDown(host, ref, shutdownMs, step)
      await destroy(host, ref, step)
    }
    await removeBelongings(host, owner, step)
    await undefine(host, ref, step)
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

/** Address and files. */
async function removeBelongings(host: Host, owner: Owner, step: Step): Promise<void> {
  const { entryNetwork, entryName, pool, directory, files } = owner
  if (entryNetwork !== undefined && entryName !== undefined) {
    await releaseAddress(host, { network: entryNetwork, name: entryName }, step)
  }
  if (files.length === 0 || (pool === undefined && directory === undefined)) return
  const store = await openStore(
    host,
    directory === undefined ? { kind: 'pool', pool: pool ?? '' } : { kind: 'directory', directory },
    step,
  )
  for (const file of files) await store.remove(file, step)
}

async function undefine(host: Host, ref: DomainRef, step: Step): Promise<void> {
  const question = { ...step, what: `${step.what}: undefine it`, instanceId: ref.uuid }
  await host
    .ask(question, async (hypervisor, call) => hypervisor.domainUndefineFlags(ref, undefineAll, call))
    .catch(unless(isNoDomain))
}

function unless(...fine: readonly ((error: unknown) => boolean)[]): (error: unknown) => void {
  return (error) => {
    if (!fine.some((isFine) => isFine(error))) throw error
  }
}
