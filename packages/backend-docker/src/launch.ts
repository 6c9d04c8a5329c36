import { FlotillaError, type Instance, type LaunchRequest } from '@flotilla/core'
import { containerBody } from './launch/container-body.js'
import { describeDetails, type Context } from './context.js'
import {
  type Question,
  type ContainerDetails,
  isNameTaken,
  isNoSuchImage,
  isNotModified,
  isStaleEndpoint,
  isWithoutAnswer,
} from '@flotilla/docker-engine'
import { pullImage } from './launch/pull-image.js'
import { containerName, isOwned, readLabel, type Label } from './labels.js'
import { removeContainer } from './remove.js'
import { withBlame } from './errors.js'

/** A daemon that restarts, or a container that is being removed, has this many tries: about 3 s. */
const defaults = { attempts: 7, firstPauseMs: 50, longestPauseMs: 1000 }

/** One launch on its way. */
interface Launch {
  readonly context: Context
  readonly label: Label
  readonly name: string
  /** For errors: `launch web-1`. */
  readonly what: string
  /** The caller's own. */
  readonly signal: AbortSignal
  /**
   * Never aborts: a create or start that was begun is waited for within its bound, since what came of one that was
   * broken off could not be known, and not be cleaned up.
   */
  readonly finish: AbortSignal
}

/**
 * Makes one container of a token, or finds the one that was made before.
 *
 * The name is told by the token, and Docker gives a name once. Of two who try, by accident or after a lost reply, one
 * makes the container; the other is answered 409, looks who has the name, and takes that container over:
 *
 * ```
 * create ──made──▶ start ──▶ it runs
 *   ▲ └─409─▶ whose? ── ours, not started ──▲
 *   │            ├───── ours, started before ──▶ it is the one
 *   │            ├───── a stranger's ──▶ conflict
 *   └────────────┴───── gone, or of no use and removed
 * ```
 *
 * Without an answer it begins anew, so that whatever was done is found.
 */
export async function launch(
  context: Context,
  { group, token }: LaunchRequest,
  signal: AbortSignal,
): Promise<Instance> {
  const { settings, templateHash, containers } = context
  const name = containerName(group, token)
  const label: Label = { group, token, templateHash, scope: settings.scope }
  const finish = new AbortController().signal
  const way: Launch = { context, label, name, what: `launch ${name}`, signal, finish }
  containers.launching.add(name)
  try {
    if (settings.pull === 'always') await pullImage(context, way)
    return await make(way)
  } catch (error) {
    throw withBlame(error, settings.template)
  } finally {
    containers.launching.delete(name)
    containers.list.invalidate()
  }
}

async function make(way: Launch): Promise<Instance> {
  const { context, name, what, signal } = way
  let pauseMs = defaults.firstPauseMs
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    const result = await attemptOnce(way).catch((error: unknown) => {
      // One that timed out may still be at it; the next launch of this token finds what came of it.
      const isBrief = error instanceof FlotillaError && error.code === 'unavailable'
      if (isBrief && attempt < defaults.attempts) return undefined
      throw error
    })
    if (result !== undefined) return result
    if (attempt >= defaults.attempts) {
      throw new FlotillaError('conflict', `${what}: the name ${name} is taken again and again`)
    }
    await context.engine.clock.sleep(pauseMs, { signal })
    pauseMs = Math.min(2 * pauseMs, defaults.longestPauseMs)
  }
}

/** Undefined when it has to be tried again. */
async function attemptOnce(way: Launch): Promise<Instance | undefined> {
  const { context, name, what, finish } = way
  const id = await create(way)
  if (id !== undefined) return start(way, id)
  const holder = await context.engine.inspect(name, {
    what: `${what}: look who has the name`,
    signal: finish,
  })
  return holder === undefined ? undefined : takeOver(way, holder)
}

/** @returns the container's id; undefined when somebody has the name */
async function create(way: Launch, mayPull = true): Promise<string | undefined> {
  const { context, label, name, what, finish } = way
  const { engine, containers, settings } = context
  const body = containerBody(settings.template, label, engine.isRemote)
  try {
    return await engine.ask(
      { what: `${what}: create the container`, signal: finish, otherwise: 'launch-failed' },
      async (docker, call) => docker.createContainer(name, body, call),
    )
  } catch (error) {
    if (isNameTaken(error)) return undefined
    if (!mayPull || settings.pull === 'never' || !isNoSuchImage(error)) throw error
    await pullImage(context, way)
    return await create(way, false)
  } finally {
    containers.list.invalidate()
  }
}

/** The container that has our name; undefined when it made way for a new one. */
async function takeOver(way: Launch, holder: ContainerDetails): Promise<Instance | undefined> {
  const { context, label, name, what } = way
  const found = readLabel(holder.Config.Labels)
  if (!isOwned(found, label) || found.token !== label.token) {
    const message = `${what}: the name ${name} belongs to container ${holder.Id.slice(0, 12)}, which is not ours`
    throw new FlotillaError('conflict', message)
  }
  switch (holder.State.Status) {
    case 'created':
      // What a launch of another template left half made is of no use.
      if (found.templateHash === label.templateHash) return start(way, holder.Id)
      await discard(way, holder.Id)
      return undefined
    case 'removing':
    case 'dead':
      await discard(way, holder.Id)
      return undefined
    default:
      return describeDetails(context, holder, found)
  }
}

/** Starts what was created. When Docker refuses or the caller has given up, nothing of it is left. */
async function start(way: Launch, id: string): Promise<Instance> {
  const { context, label, name, what, signal, finish } = way
  const { containers } = context
  try {
    signal.throwIfAborted()
    await startOnce(way, id)
  } catch (error) {
    if (signal.aborted || !isWithoutAnswer(error)) await tryToDiscard(way, id)
    throw asLaunchFailure(error, what)
  } finally {
    containers.list.invalidate()
  }
  if (signal.aborted) {
    await tryToDiscard(way, id)
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

async function startOnce(way: Launch, id: string, mayFree = true): Promise<void> {
  const { context, what, finish } = way
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
    await freeName(way)
    await startOnce(way, id, false)
  }
}

/** Takes our name out of the network, where a daemon that was killed in mid-start has left it. */
async function freeName({ context, name, what, finish }: Launch): Promise<void> {
  const { engine, settings } = context
  const network = settings.template.network ?? 'bridge'
  const step = { what: `${what}: free its name in network ${network}`, signal: finish }
  await engine.ask(step, async (docker, call) => docker.disconnect(network, name, call))
}

/** Of a container that somebody removed in between, Docker says that it knows none. */
function asLaunchFailure(error: unknown, what: string): unknown {
  if (!(error instanceof FlotillaError) || error.code !== 'not-found') return error
  const message = `${what}: the container was removed before it started`
  return new FlotillaError('launch-failed', message, { cause: error.cause })
}

async function discard({ context, what, finish }: Launch, id: string): Promise<void> {
  await removeContainer(context, id, { what: `${what}: remove what is half made`, signal: finish })
}

async function tryToDiscard(way: Launch, id: string): Promise<void> {
  try {
    await discard(way, id)
  } catch {
    // It stays labelled, is listed as failed, and goes when that is seen.
  }
}
