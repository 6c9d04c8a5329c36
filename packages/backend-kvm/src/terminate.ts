import { FlotillaError, inParallel, toFlotillaError, type BatchReport } from '@flotilla/core'
import { isOfGroup, type Context } from './context.js'
import type { Step } from './disk-store.js'
import { isNoDomain } from './errors.js'
import type { Sight } from './fleet.js'
import type { Host } from './host.js'
import { readOwnerOf, type Machine } from './inventory.js'
import { removeMachine } from './remove.js'

/** Ends machines of a group and removes what was made for them. */
export async function terminate(
  context: Context,
  { group, ids }: { readonly group: string; readonly ids: readonly string[] },
  signal: AbortSignal,
): Promise<BatchReport> {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return { done: [], failed: [] }
  const sights = await context.fleet.look(signal)
  const errors = await inParallel(wanted, context.settings.parallel, async (id) => {
    try {
      // An id that libvirt could not have given is nobody's.
      if (isUuid(id)) await end(context, { group, id }, sights, signal)
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
  sights: readonly Sight[],
  signal: AbortSignal,
): Promise<void> {
  const { settings } = context
  const what = `terminate ${id.slice(0, 8)} of ${group}`
  const found = await find(sights, id, { what, signal })
  if (found === undefined) return
  if (!isOfGroup(found, settings.scope, group)) {
    const { owner } = found
    const message = `${what}: ${found.ref.name} belongs to group ${owner.group} of scope ${owner.scope}`
    throw new FlotillaError('not-owned', message, { instanceId: id })
  }
  await found.host.turns.run(id, signal, async () =>
    removeMachine(found, { what, signal, shutdownMs: settings.shutdownMs }),
  )
}

/**
 * A machine as it is now; undefined when no hypervisor has it.
 *
 * @throws FlotillaError `not-owned` when it carries nothing of ours, `unavailable` when it may be on one that is down
 */
async function find(sights: readonly Sight[], id: string, step: Step): Promise<Machine | undefined> {
  const seen = sights.find(({ machines }) => machines.some(({ ref }) => ref.uuid === id))
  const asked = seen === undefined ? sights : [seen]
  let down: FlotillaError | undefined
  for (const sight of asked) {
    down = sight.down ?? down
    // What was seen on one that is down may be asked for all the same: it may be back.
    if (sight.down !== undefined && seen === undefined) continue
    const machine = await lookUp(sight.host, id, step)
    if (machine !== undefined) return machine
  }
  if (down !== undefined && seen === undefined) {
    throw new FlotillaError('unavailable', `${step.what}: it may be where nothing answers: ${down.message}`, {
      cause: down,
      instanceId: id,
    })
  }
  return undefined
}

async function lookUp(host: Host, id: string, { what, signal }: Step): Promise<Machine | undefined> {
  return host.ask({ what: `${what}: look whose it is`, signal, instanceId: id }, async (hypervisor, call) => {
    try {
      const ref = await hypervisor.domainLookupByUuid(id, call)
      const [owner, state] = await Promise.all([
        readOwnerOf(hypervisor, ref, call),
        hypervisor.domainGetState(ref, call),
      ])
      if (owner !== undefined) return { host, ref, owner, state }
      const message = `${what}: the domain ${ref.name} on ${host.label} carries nothing of ours`
      throw new FlotillaError('not-owned', message, { instanceId: id })
    } catch (error) {
      if (isNoDomain(error)) return undefined
      throw error
    }
  })
}
