import { FlotillaError } from '@flotilla/core'
import type { Context } from './context.js'
import { type Question, isBeingRemoved, isNotFound } from '@flotilla/docker-engine'

const defaults = { waitMs: 30_000, firstPauseMs: 20, longestPauseMs: 500 }

/** Removes a container, and resolves when it is gone, whoever removed it. */
export async function removeContainer(context: Context, id: string, step: Question): Promise<void> {
  const { engine, containers } = context
  try {
    await engine.ask(step, async (docker, call) => docker.removeContainer(id, call))
  } catch (error) {
    if (isNotFound(error)) return
    if (!isBeingRemoved(error)) throw error
    await untilGone(context, id, step)
  } finally {
    containers.list.invalidate()
  }
}

async function untilGone(context: Context, id: string, step: Question): Promise<void> {
  const { clock } = context.engine
  const endMs = clock.monotonic() + defaults.waitMs
  for (let pauseMs = defaults.firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, defaults.longestPauseMs)) {
    const found = await context.engine.inspect(id, step)
    if (found === undefined) return
    if (clock.monotonic() >= endMs) {
      const message = `${step.what}: somebody began to remove it, and it is still there after ${defaults.waitMs} ms`
      throw new FlotillaError('conflict', message, { instanceId: id })
    }
    await clock.sleep(pauseMs, { signal: step.signal })
  }
}
