import { FlotillaError, type Instance } from '@flotilla/core'
import { isNotModified, isStaleEndpoint, isWithoutAnswer, type Question } from '@flotilla/docker-engine'
import { describeDetails } from '../context.js'
import { removeContainer } from '../remove.js'
import type { PendingLaunch } from './create.js'

/** Starts what was created. When Docker refuses or the caller has given up, nothing of it is left. */
export async function start(pending: PendingLaunch, id: string): Promise<Instance> {
  const { context, label, name, what, signal, finish } = pending
  const { containers } = context
  try {
    signal.throwIfAborted()
    await startOnce(pending, id)
  } catch (error) {
    if (signal.aborted || !isWithoutAnswer(error)) await tryToDiscard(pending, id)
    throw asLaunchFailure(error, what)
  } finally {
    containers.list.invalidate()
  }
  if (signal.aborted) {
    await tryToDiscard(pending, id)
    signal.throwIfAborted()
  }
  const step = { what: `${what}: look at the container`, signal: finish, instanceId: id }
  const details = await context.engine.inspect(id, step)
  if (details === undefined) {
    throw new FlotillaError('launch-failed', `${what}: the container was removed as soon as it had started`)
  }
  containers.launching.delete(name)
  return describeDetails(context, details, label)
}

async function startOnce(pending: PendingLaunch, id: string, mayFree = true): Promise<void> {
  const { context, what, finish } = pending
  const step: Question = {
    what: `${what}: start the container`,
    signal: finish,
    otherwise: 'launch-failed',
    instanceId: id,
  }
  try {
    await context.engine.ask(step, async (docker, call) => docker.startContainer(id, call))
  } catch (error) {
    if (isNotModified(error)) return
    if (!mayFree || !isStaleEndpoint(error)) throw error
    await freeName(pending)
    await startOnce(pending, id, false)
  }
}

/** Frees our name in the network, where a daemon that was killed while it started a container left it. */
async function freeName({ context, name, what, finish }: PendingLaunch): Promise<void> {
  const { engine, settings } = context
  const network = settings.template.network ?? 'bridge'
  const step = { what: `${what}: free its name in network ${network}`, signal: finish }
  await engine.ask(step, async (docker, call) => docker.disconnect(network, name, call))
}

/** Docker answers 404 for a container that somebody removed before it started. */
function asLaunchFailure(error: unknown, what: string): unknown {
  if (!(error instanceof FlotillaError) || error.code !== 'not-found') return error
  const message = `${what}: the container was removed before it started`
  return new FlotillaError('launch-failed', message, { cause: error.cause })
}

/** Removes a container that was not finished. */
export async function discard({ context, what, finish }: PendingLaunch, id: string): Promise<void> {
  await removeContainer(context, id, { what: `${what}: remove what is half made`, signal: finish })
}

async function tryToDiscard(pending: PendingLaunch, id: string): Promise<void> {
  try {
    await discard(pending, id)
  } catch {
    // It keeps its labels, is listed as failed, and is terminated as such.
  }
}
