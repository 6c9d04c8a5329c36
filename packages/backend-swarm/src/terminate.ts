import { FlotillaError, type BatchReport } from '@flotilla/core'
import { toFlotillaError } from '@flotilla/core/authoring'
import { serviceName, type SwarmContext } from './context.js'
import { isOurs, viewGroup, type GroupView } from './inventory.js'
import { readReplicas } from './labels.js'
import { parseSeatId } from './to-instance.js'
import type { ServiceChanges } from './service/service-changes.js'
import { slotsOf } from './service/slots.js'
import { isEnding } from './status.js'
import { isDown, type SwarmNode } from './manager/swarm-api.js'

const defaults = { firstPauseMs: 50, longestPauseMs: 500, forgottenMs: 2000 }

export interface Termination {
  readonly group: string
  readonly ids: readonly string[]
}

/** Takes machines of a group away, and resolves when as many tasks have ended: those that Swarm chose. */
export async function terminateSeats(
  context: SwarmContext,
  changes: ServiceChanges,
  { group, ids }: Termination,
  signal: AbortSignal,
): Promise<BatchReport> {
  const wanted = [...new Set(ids)]
  const failed = new Map<string, FlotillaError>()
  const tokens = new Map<string, string>()
  for (const id of wanted) {
    const error = await strangeness(context, group, id, signal)
    const token = parseSeatId(id)?.token
    if (error !== undefined) failed.set(id, error)
    else if (token !== undefined) tokens.set(token, id)
  }
  try {
    const view = await viewIfThere(context, group, signal)
    if (tokens.size > 0 && view !== undefined) {
      await changes.make(group, { kind: 'remove', tokens: [...tokens.keys()] })
      try {
        await untilEnded(context, group, signal)
        await untilForgotten(context, group, signal)
      } finally {
        // Also when the caller has given up: a service without an instance is listed nowhere, and nobody would ask again.
        await changes.make(group, { kind: 'sweep' })
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    const told = toFlotillaError(error, `terminate in group ${group}`)
    for (const id of tokens.values()) failed.set(id, told)
  }
  return {
    done: wanted.filter((id) => !failed.has(id)),
    failed: [...failed].map(([id, error]) => ({ id, error })),
  }
}

/** Why an id is not ours to end; undefined for what is ours, or belongs to nobody and is gone. */
async function strangeness(
  context: SwarmContext,
  group: string,
  id: string,
  signal: AbortSignal,
): Promise<FlotillaError | undefined> {
  const parts = parseSeatId(id)
  if (parts === undefined) return undefined
  const name = serviceName(context, parts.group)
  if (parts.group === group && context.settings.adopt !== undefined) return undefined
  const found = await context.manager.inspect(name, { what: `terminate ${id}: look whose it is`, signal })
  if (found === undefined || (parts.group === group && isOurs(context, group, found))) return undefined
  const message = `terminate ${id}: service ${name} does not belong to group ${group}`
  return new FlotillaError('not-owned', message, { instanceId: id })
}

/** Waits until the service has no more tasks than it shall have, and none that is on its way out. */
async function untilEnded(context: SwarmContext, group: string, signal: AbortSignal): Promise<void> {
  const { manager, settings } = context
  const { clock, timeoutMs } = manager.engine
  const boundMs = timeoutMs + settings.graceMs
  const endMs = clock.monotonic() + boundMs
  for (let pauseMs = defaults.firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, defaults.longestPauseMs)) {
    manager.view.invalidate()
    const view = await viewIfThere(context, group, signal)
    if (view === undefined || isSettled(view, new Set())) return
    manager.nodes.invalidate()
    if (isSettled(view, downNodes(await manager.nodes.get(signal)))) return
    if (clock.monotonic() >= endMs) {
      throw new FlotillaError('timeout', `terminate in group ${group}: tasks still run after ${boundMs} ms`)
    }
    await clock.sleep(pauseMs, { signal })
  }
}

/**
 * Waits until Swarm has forgotten the tasks of a service that shall have none, for at most as long as it usually takes several
 * times over. A manager that removes a service while it forgets one of its tasks may crash, as 20.10.24 does.
 */
async function untilForgotten(context: SwarmContext, group: string, signal: AbortSignal): Promise<void> {
  const { manager } = context
  const { clock } = manager.engine
  const endMs = clock.monotonic() + defaults.forgottenMs
  for (;;) {
    const view = await viewIfThere(context, group, signal)
    if (view === undefined || view.tasks.length === 0 || readReplicas(view.service.Spec) > 0) return
    if (clock.monotonic() >= endMs) return
    await clock.sleep(defaults.firstPauseMs, { signal })
    manager.view.invalidate()
  }
}

async function viewIfThere(
  context: SwarmContext,
  group: string,
  signal: AbortSignal,
): Promise<GroupView | undefined> {
  try {
    return await viewGroup(context, group, signal)
  } catch (error) {
    if (error instanceof FlotillaError && error.code === 'not-found') return undefined
    throw error
  }
}

/** A node that is down tells of no task's end: what Swarm has given up there counts as ended. */
function downNodes(nodes: ReadonlyMap<string, SwarmNode>): ReadonlySet<string> {
  return new Set([...nodes.values()].filter(isDown).map(({ ID }) => ID))
}

function isSettled({ service, tasks }: GroupView, down: ReadonlySet<string>): boolean {
  const replicas = service.Spec.Mode?.Replicated?.Replicas ?? 0
  const isLeaving = tasks.some(
    (task) => task.DesiredState === 'remove' && isEnding(task) && !down.has(task.NodeID ?? ''),
  )
  return !isLeaving && slotsOf(tasks, service.Spec).length <= replicas
}
