import type { Instance } from '@flotilla/core'
import { lastOutputOf } from '@flotilla/docker-engine'
import type { SwarmContext } from './context.js'
import { viewGroup } from './inventory.js'

/** What the task in an instance's place wrote last, or the one before it where that has not begun; undefined where nothing is kept. */
export async function lastOutput(
  context: SwarmContext,
  { group, token, id, name }: Instance,
  signal: AbortSignal,
): Promise<string | undefined> {
  const view = await viewGroup(context, group, signal)
  const slot = view?.seats.find((seat) => seat.token === token)?.slot
  if (view === undefined || slot === undefined) return undefined
  const ofSlot = view.tasks
    .filter((task) => task.Slot === slot.number && task.Status.ContainerStatus?.ContainerID)
    .toSorted((a, b) => (a.CreatedAt < b.CreatedAt ? 1 : -1))
  const [latest] = ofSlot
  if (latest === undefined) return undefined
  const step = { what: `read the log of ${name}`, signal, instanceId: id }
  return lastOutputOf(
    async (lines) => context.manager.ask(step, async (swarm, call) => swarm.taskLogs(latest.ID, lines, call)),
    Object.values(context.settings.template?.env ?? {}),
  )
}
