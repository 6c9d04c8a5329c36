import type { CallOptions, Instance } from '@flotilla/core'
import { lastOutputOf } from '@flotilla/docker-engine'
import type { Context } from './context.js'
import { isContainerId } from './labels.js'
import { secretsOf } from './options/settings.js'

/** What a container wrote last, also one that has exited; undefined where its engine keeps no log. */
export async function lastOutput(
  { engine, settings }: Context,
  { id, name }: Instance,
  { signal }: CallOptions,
): Promise<string | undefined> {
  if (!isContainerId(id)) return undefined
  const step = { what: `read the log of ${name}`, signal, instanceId: id }
  return lastOutputOf(
    async (lines) => engine.ask(step, async (docker, call) => docker.containerLogs(id, lines, call)),
    secretsOf(settings),
  )
}
