import { isNameTaken, isNoSuchImage, type PullProgress } from '@flotilla/docker-engine'
import type { Context } from '../context.js'
import type { Label } from '../labels.js'
import { containerBody } from './container-body.js'

/** One launch that is under way. */
export interface PendingLaunch {
  readonly context: Context
  readonly label: Label
  readonly name: string
  /** For errors: `launch web-1`. */
  readonly what: string
  /** The caller's own. */
  readonly signal: AbortSignal
  /**
   * Never aborts. A create or start that was begun is awaited within its bound: nobody would know what came of one that
   * was broken off, nor clean it up.
   */
  readonly finish: AbortSignal
}

/** @returns the container's id; undefined when somebody has the name */
export async function create(pending: PendingLaunch, mayPull = true): Promise<string | undefined> {
  const { context, label, name, what, finish } = pending
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
    await pullImage(pending)
    return await create(pending, false)
  } finally {
    containers.list.invalidate()
  }
}

/** Fetches the template's image. Pulls at the same time are one at the engine, which fetches each layer once. */
export async function pullImage({
  context: { engine, settings },
  what,
  signal,
}: PendingLaunch): Promise<void> {
  const { template, registryAuth, onPull, pullTimeoutMs } = settings
  const request = {
    image: template.image,
    auth: registryAuth,
    onProgress: (progress: PullProgress): void => {
      try {
        onPull?.(progress)
      } catch {
        // A listener that throws must not fail the launch.
      }
    },
  }
  const step = { what: `${what}: pull ${template.image}`, signal, timeoutMs: pullTimeoutMs } as const
  await engine.ask(step, async (docker, call) => docker.pullImage(request, call))
}
