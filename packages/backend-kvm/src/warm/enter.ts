import { FlotillaError } from '@flotilla/core'
import type { DomainState } from '@flotilla/libvirt'
import type { Step } from '../connection/link.js'
import type { Context } from '../context.js'
import { isNoDomain, isWithoutAnswer } from '../errors.js'
import type { Machine } from '../host/host.js'
import { removeMachine } from '../removal/remove.js'
import { isActive } from '../status.js'

/** @throws FlotillaError `conflict` when something of it must stay: then its name is not free */
export async function removeUseless(
  { guard }: Pick<Context, 'guard'>,
  machine: Machine,
  { what, signal }: Step,
): Promise<void> {
  const [kept] = await removeMachine(machine, { what, signal, shutdownMs: 0, guard })
  if (kept === undefined) return
  throw new FlotillaError('conflict', `${what}: ${kept.what} must stay: ${kept.why}`)
}

/**
 * Lets a machine of the warm pool run that a launch has claimed. One that does not run is removed, and undefined: its
 * disk may be gone, where an earlier removal of it was cut off.
 */
export async function enter(
  context: Pick<Context, 'guard'>,
  machine: Machine,
  { what, signal }: Step,
): Promise<Machine | undefined> {
  try {
    await letRun(machine, { what, signal })
    return { ...machine, state: { state: 'running', reason: 1 } }
  } catch (error) {
    // Without an answer it may run: the next launch of the token finds it.
    if (isWithoutAnswer(error) || signal.aborted) throw error
    // Another launch of the token may have been faster.
    const state = await stateOf(machine, { what, signal })
    if (state.state === 'running') return { ...machine, state }
    const step = { what: `${what}: remove what does not run`, signal }
    await removeUseless(context, { ...machine, state }, step)
    return undefined
  }
}

/** Its state now; its last known state where it is gone. */
async function stateOf({ host, ref, state }: Machine, { what, signal }: Step): Promise<DomainState> {
  const step = { what: `${what}: look whether it runs`, signal, instanceId: ref.uuid }
  return host
    .ask(step, async (hypervisor, call) => hypervisor.domainGetState(ref, call))
    .catch((error: unknown) => {
      if (isNoDomain(error)) return state
      throw error
    })
}

async function letRun({ host, ref, state }: Machine, { what, signal }: Step): Promise<void> {
  const step = {
    what: `${what}: let it run`,
    signal,
    otherwise: 'launch-failed',
    instanceId: ref.uuid,
  } as const
  await host.ask(step, async (hypervisor, call) => {
    if (isActive(state)) await hypervisor.domainResume(ref, call)
    else await hypervisor.domainCreateWithFlags(ref, 0, call)
  })
  host.machines.invalidate()
}
