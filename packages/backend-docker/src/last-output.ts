import type { CallOptions, Instance } from '@flotilla/core'
import { lastLines } from '@flotilla/core/authoring'
import { isNotFound, isUnreadableLog, logText } from '@flotilla/docker-engine'
import type { Context } from './context.js'
import { isContainerId } from './labels.js'
import { secretsOf } from './options/settings.js'

/** More than are shown, for some are empty. */
const askedLines = 30

/** What a container wrote last, also one that has exited; undefined where its engine keeps nothing. */
export async function lastOutput(
  { engine, settings }: Context,
  { id, name }: Instance,
  { signal }: CallOptions,
): Promise<string | undefined> {
  if (!isContainerId(id)) return undefined
  const step = { what: `read the log of ${name}`, signal, instanceId: id }
  try {
    const bytes = await engine.ask(step, async (docker, call) => docker.containerLogs(id, askedLines, call))
    return lastLines(logText(bytes), { secrets: secretsOf(settings) })
  } catch (error) {
    if (isNotFound(error) || isUnreadableLog(error)) return undefined
    throw error
  }
}
