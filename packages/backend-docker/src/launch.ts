import { FlotillaError, type Instance, type LaunchRequest } from '@flotilla/core'
import type { ContainerDetails } from '@flotilla/docker-engine'
import { describeDetails, type Context } from './context.js'
import { withBlame } from './errors.js'
import { containerName, isOwned, readLabel, type Label } from './labels.js'
import { create, pullImage, type PendingLaunch } from './launch/create.js'
import { discard, start } from './launch/start.js'

/** Tries while the daemon restarts, or the container is being removed: about 3 s. */
const defaults = { attempts: 7, firstPauseMs: 50, longestPauseMs: 1000 }

/**
 * Makes one container of a token, or finds the one that was made before.
 *
 * The name is made of the token, and Docker gives a name once. Of two that try, by accident or after a lost reply, one
 * makes the container. The other is answered 409, looks who has the name, and takes that container over:
 *
 * ```
 * create ──made──▶ start ──▶ it runs
 *   ▲ └─409─▶ whose? ── ours, not started ──▲
 *   │            ├───── ours, started before ──▶ it is the one
 *   │            ├───── a stranger's ──▶ conflict
 *   └────────────┴───── gone, or of no use and removed
 * ```
 *
 * Without an answer it begins anew, and so finds what was done.
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
  const pending: PendingLaunch = { context, label, name, what: `launch ${name}`, signal, finish }
  containers.launching.add(name)
  try {
    if (settings.pull === 'always') await pullImage(pending)
    return await make(pending)
  } catch (error) {
    throw withBlame(error, settings.template)
  } finally {
    containers.launching.delete(name)
    containers.list.invalidate()
  }
}

async function make(pending: PendingLaunch): Promise<Instance> {
  const { context, name, what, signal } = pending
  let pauseMs = defaults.firstPauseMs
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    const result = await attemptOnce(pending).catch((error: unknown) => {
      // A call that timed out may still be carried out; the next launch of this token finds the result.
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

/** Undefined when another try is needed. */
async function attemptOnce(pending: PendingLaunch): Promise<Instance | undefined> {
  const { context, name, what, finish } = pending
  const id = await create(pending)
  if (id !== undefined) return start(pending, id)
  const holder = await context.engine.inspect(name, {
    what: `${what}: look who has the name`,
    signal: finish,
  })
  return holder === undefined ? undefined : takeOver(pending, holder)
}

/** The container that has our name; undefined when it made pending for a new one. */
async function takeOver(pending: PendingLaunch, holder: ContainerDetails): Promise<Instance | undefined> {
  const { context, label, name, what } = pending
  const found = readLabel(holder.Config.Labels)
  if (!isOwned(found, label) || found.token !== label.token) {
    const message = `${what}: the name ${name} belongs to container ${holder.Id.slice(0, 12)}, which is not ours`
    throw new FlotillaError('conflict', message)
  }
  switch (holder.State.Status) {
    case 'created':
      // A container of another template that was never started is of no use.
      if (found.templateHash === label.templateHash) return start(pending, holder.Id)
      await discard(pending, holder.Id)
      return undefined
    case 'removing':
    case 'dead':
      await discard(pending, holder.Id)
      return undefined
    default:
      return describeDetails(context, holder, found)
  }
}
