import type { Step } from '../connection/link.js'
import type { Context } from '../context.js'
import { isTransient } from '../errors.js'
import type { Machine } from '../host/host.js'
import { isEnded, newestOf, startedAt } from '../host/machines.js'
import { metadata } from '../labels.js'
import { isActive } from '../status.js'
import { keptProblems } from './kept.js'
import type { Leftover } from './leftovers.js'
import { removeMachine, undefineStale } from './remove.js'

/** VIR_DOMAIN_AFFECT_CONFIG. */
const affectConfig = 2

/** A machine that was ended, and had to stay. */
export function ended(context: Context, machine: Machine, { what, signal }: Step): Leftover {
  const { guard } = context
  const { ref, host } = machine
  return {
    id: `ended ${host.uri} ${ref.uuid}`,
    afterMs: 0,
    settle: async () => {
      // Told from here on, and not as it was when it was ended.
      context.problems.set(machine.owner.group, `machine ${ref.uuid}`, [])
      if (isActive(machine.state)) {
        const message =
          `${ref.name} of ${host.label} was ended by its group, and somebody has started it again: it is left alone, and is no ` +
          'instance. To have it removed, shut it off'
        return [{ about: ref.name, message }]
      }
      const step = { what: `${what}: remove what is left of ${ref.name}`, signal, shutdownMs: 0 }
      const kept = await host.turns.run(ref.uuid, signal, async () =>
        removeMachine(machine, { ...step, guard }),
      )
      return keptProblems(ref.name, kept)
    },
  }
}

/** Machines whose token another one has: a launch went on to the next hypervisor, or it was migrated. */
export function doubles(context: Context, machines: readonly Machine[], step: Step): readonly Leftover[] {
  const byToken = new Map<string, Machine[]>()
  for (const machine of machines) {
    const { token } = machine.owner
    if (token !== undefined && !isEnded(machine)) byToken.set(token, [...(byToken.get(token) ?? []), machine])
  }
  return [...byToken.values()].flatMap((same) => {
    const counts = newestOf(same)
    if (same.length < 2 || counts === undefined) return []
    return same
      .filter((machine) => machine !== counts)
      .map((machine) =>
        machine.ref.uuid === counts.ref.uuid
          ? stale(context, machine, counts, step)
          : double(context, machine, step),
      )
  })
}

function double(context: Context, machine: Machine, { signal }: Step): Leftover {
  const { guard, settings } = context
  const { ref, owner, host } = machine
  const what = `remove ${ref.name}, made ${startedAt(owner)}: another machine has its token`
  return {
    id: `double ${host.uri} ${ref.uuid}`,
    afterMs: settings.orphanAfterMs,
    settle: async () =>
      keptProblems(ref.name, await removeMachine(machine, { what, signal, shutdownMs: 0, guard })),
  }
}

/** A definition that a migration left: its files are the running machine's, so only the definition may go. */
function stale(context: Context, machine: Machine, counts: Machine, step: Step): Leftover {
  const { ref, host } = machine
  return {
    id: `stale ${host.uri} ${ref.uuid}`,
    afterMs: context.settings.orphanAfterMs,
    settle: async () => {
      // Two that are active are one machine on its way.
      if (isActive(machine.state)) return []
      if (counts.state.state === 'running' && (await isStored(counts, step))) {
        await undefineStale(host, ref, step)
        return []
      }
      const where = `${counts.host.label}, ${counts.state.state === 'running' ? 'without being stored there' : 'where it does not run'}`
      const message =
        `${ref.name} is defined on ${host.label} and on ${where}: nothing of it is removed. Undefine the one that is not ` +
        `wanted, without its storage: virsh undefine ${ref.name} --keep-nvram`
      return [{ about: `${ref.name} on ${host.label}`, message }]
    },
  }
}

/** Whether a machine outlives its run where it is: after a migration it may not. */
async function isStored({ host, ref }: Machine, { what, signal }: Step): Promise<boolean> {
  try {
    await host.ask(
      { what: `${what}: look whether ${ref.name} is stored`, signal },
      async (hypervisor, call) => hypervisor.domainGetMetadata(ref, metadata.uri, affectConfig, call),
    )
    return true
  } catch (error) {
    if (isTransient(error)) return false
    throw error
  }
}
