import { FlotillaError, inParallel, toFlotillaError } from '@flotilla/core'
import type { Engine } from '../engine.js'
import { isNotFound, isNotModified } from '../errors.js'
import type { SwarmContext } from './context.js'
import type { Seat } from './seats.js'
import { seatId } from './seat-instance.js'
import { hasEnded } from './slots.js'
import type { Task } from './swarm-api.js'

const defaults = { parallel: 8, waitMs: 30_000, firstPauseMs: 50, longestPauseMs: 500 }

/**
 * Stops the tasks of these seats, each on its own node, so that Swarm, which gives up what does not run before what
 * does, has no choice left.
 *
 * @returns why, for those that could not be stopped, by token
 */
export async function stopTasks(
  context: SwarmContext,
  { group, seats }: { readonly group: string; readonly seats: readonly Seat[] },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FlotillaError>> {
  const failed = new Map<string, FlotillaError>()
  const running = seats.flatMap(({ token, slot }) =>
    slot === undefined || hasEnded(slot.task) ? [] : [{ token, task: slot.task }],
  )
  await inParallel(running, defaults.parallel, async ({ token, task }) => {
    const id = seatId(group, token)
    try {
      await stopTask(context, { id, task }, signal)
    } catch (error) {
      signal.throwIfAborted()
      failed.set(token, toFlotillaError(error, `terminate ${id}`))
    }
  })
  return failed
}

async function stopTask(
  context: SwarmContext,
  { id, task }: { readonly id: string; readonly task: Task },
  signal: AbortSignal,
): Promise<void> {
  const container = task.Status.ContainerStatus?.ContainerID
  // One that has no container yet is given up before those that run.
  if (container === undefined || container === '') return
  const engine = await engineOf(context, id, task, signal)
  const graceSeconds = Math.ceil(context.settings.graceMs / 1000)
  const step = {
    what: `terminate ${id}: stop its container on ${engine.target}`,
    signal,
    timeoutMs: engine.timeoutMs + graceSeconds * 1000,
    instanceId: id,
  }
  try {
    await engine.ask(step, async (docker, call) => docker.stopContainer(container, graceSeconds, call))
  } catch (error) {
    if (!isNotModified(error) && !isNotFound(error)) throw error
  }
  await untilManagerKnows(context, { id, task }, signal)
}

async function engineOf(
  { manager, nodes }: SwarmContext,
  id: string,
  { NodeID }: Task,
  signal: AbortSignal,
): Promise<Engine> {
  const node = (await manager.nodes.get(signal)).get(NodeID ?? '')
  const host = node?.Description.Hostname ?? 'unknown'
  const engine = nodes.get(host)
  if (engine !== undefined) return engine
  const message = `terminate ${id}: it runs on node ${host}, and \`nodes\` has no engine of that name`
  throw new FlotillaError('unsupported', message, { instanceId: id })
}

/** A manager hears of a task's end a little later than its node. */
async function untilManagerKnows(
  { manager }: SwarmContext,
  { id, task }: { readonly id: string; readonly task: Task },
  signal: AbortSignal,
): Promise<void> {
  const { clock } = manager.engine
  const endMs = clock.monotonic() + defaults.waitMs
  for (let pauseMs = defaults.firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, defaults.longestPauseMs)) {
    const step = { what: `terminate ${id}: wait for its task`, signal, instanceId: id }
    const tasks = await manager.tasksOf([task.ServiceID], step)
    const now = tasks.find(({ ID }) => ID === task.ID)
    if (now === undefined || hasEnded(now)) return
    if (clock.monotonic() >= endMs) {
      const message = `${step.what}: Swarm says ${now.Status.State} ${defaults.waitMs} ms after it stopped`
      throw new FlotillaError('timeout', message, { instanceId: id })
    }
    await clock.sleep(pauseMs, { signal })
  }
}
