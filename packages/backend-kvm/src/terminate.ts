import { FlotillaError, type BatchReport } from '@flotilla/core'
import { inParallel, toFlotillaError } from '@flotilla/core/authoring'
import type { Step } from './connection/link.js'
import type { Context } from './context.js'
import { isNoDomain } from './errors.js'
import type { Host, Machine } from './host/host.js'
import type { HostView } from './host/hypervisors.js'
import { awayText, isAway, isOfGroup, newestOf } from './host/machines.js'
import { readOwnerOf } from './inventory.js'
import { keptProblems } from './removal/kept.js'
import { removeMachine, undefineStale } from './removal/remove.js'
import { isActive } from './status.js'

/** Ends machines of a group and removes what was made for them. */
export async function terminate(
  context: Context,
  { group, ids }: { readonly group: string; readonly ids: readonly string[] },
  signal: AbortSignal,
): Promise<BatchReport> {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return { done: [], failed: [] }
  const views = await context.hypervisors.look(signal)
  const errors = await inParallel(wanted, context.settings.parallel, async (id) => {
    try {
      // An id that libvirt could not have given is nobody's.
      if (isUuid(id)) await end(context, { group, id }, views, signal)
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      return toFlotillaError(error, `terminate ${id}`)
    }
  })
  return {
    done: wanted.filter((_, index) => errors[index] === undefined),
    failed: wanted.flatMap((id, index) => {
      const error = errors[index]
      return error === undefined ? [] : [{ id, error }]
    }),
  }
}

const isUuid = (id: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)

async function end(
  context: Context,
  { group, id }: { readonly group: string; readonly id: string },
  views: readonly HostView[],
  signal: AbortSignal,
): Promise<void> {
  const { settings, guard, problems } = context
  const what = `terminate ${id.slice(0, 8)} of ${group}`
  const found = await find(views, id, { what, signal })
  const stranger = found.find((machine) => !isOfGroup(machine, settings.scope, group))
  if (stranger !== undefined) {
    const { owner, ref } = stranger
    const message = `${what}: ${ref.name} belongs to group ${owner.group} of scope ${owner.scope}`
    throw new FlotillaError('not-owned', message, { instanceId: id })
  }
  const machine = newestOf(found)
  if (machine === undefined) return
  const copies = found.filter((one) => one !== machine)
  refuseWhereItMoves(machine, copies, what)
  await machine.host.turns.run(id, signal, async () => {
    const kept = await removeMachine(machine, {
      what,
      signal,
      shutdownMs: settings.shutdownMs,
      guard,
      copies: copies.map(({ host, ref }) => ({ host, uuid: ref.uuid })),
    })
    problems.set(group, `machine ${id}`, keptProblems(machine.ref.name, kept))
    for (const { host, ref } of copies) await undefineStale(host, ref, { what, signal })
  })
}

/** @throws FlotillaError `conflict` while it is being migrated, and where it was migrated to somewhere that is not asked */
function refuseWhereItMoves(machine: Machine, copies: readonly Machine[], what: string): void {
  const { ref } = machine
  const facts = { instanceId: ref.uuid }
  const other = copies.find(({ state }) => isActive(state))
  if (other !== undefined) {
    const message = `${what}: ${ref.name} is being migrated from or to ${other.host.label}; it is ended once that is done`
    throw new FlotillaError('conflict', message, facts)
  }
  if (isAway(machine)) throw new FlotillaError('conflict', `${what}: ${awayText(machine)}`, facts)
}

/**
 * A machine as it is now on each hypervisor that has it: more than one in and after a migration.
 *
 * @throws FlotillaError `not-owned` when it carries nothing of ours, `unavailable` when it may be on one that is down
 */
async function find(views: readonly HostView[], id: string, step: Step): Promise<readonly Machine[]> {
  const seen = views.filter(({ machines }) => machines.some(({ ref }) => ref.uuid === id))
  const found: Machine[] = []
  let down: FlotillaError | undefined
  for (const view of views) {
    const isSeen = seen.includes(view)
    down = view.down ?? down
    // A hypervisor that is down is asked for a machine that was seen there: it may be back.
    if (view.down !== undefined && !isSeen) continue
    try {
      const machine = await lookUp(view.host, id, step)
      if (machine !== undefined) found.push(machine)
    } catch (error) {
      step.signal.throwIfAborted()
      // This hypervisor only may have it; it is asked again before anything is removed.
      if (isSeen || seen.length === 0 || codeOf(error) === 'not-owned') throw error
    }
  }
  if (down !== undefined && seen.length === 0 && found.length === 0) {
    throw new FlotillaError('unavailable', `${step.what}: it may be where nothing answers: ${down.message}`, {
      cause: down,
      instanceId: id,
    })
  }
  return found
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof FlotillaError ? error.code : undefined

async function lookUp(host: Host, id: string, { what, signal }: Step): Promise<Machine | undefined> {
  return host.ask({ what: `${what}: look whose it is`, signal, instanceId: id }, async (hypervisor, call) => {
    try {
      const ref = await hypervisor.domainLookupByUuid(id, call)
      const [owner, state] = await Promise.all([
        readOwnerOf(hypervisor, ref, call),
        hypervisor.domainGetState(ref, call),
      ])
      if (owner !== undefined) return { host, ref, owner, state }
      host.metadataChanged(id)
      const message = `${what}: the domain ${ref.name} on ${host.label} carries nothing of ours (any more)`
      throw new FlotillaError('not-owned', message, { instanceId: id })
    } catch (error) {
      if (isNoDomain(error)) return undefined
      throw error
    }
  })
}
