import { FlotillaError, type BatchReport } from '@flotilla/core'
import { batchReport } from '@flotilla/core/authoring'
import type { Context } from './context.js'
import { type Question, isNotFound, isNotModified, isPausedRefusal } from '@flotilla/docker-engine'
import { factsOfDetails } from './engine/container-facts.js'
import { isContainerId, isOwned, readLabel } from './labels.js'
import { removeContainer } from './remove.js'

/** Ends containers of a group and removes what was made for them. */
export async function terminate(
  context: Context,
  { group, ids }: { readonly group: string; readonly ids: readonly string[] },
  signal: AbortSignal,
): Promise<BatchReport> {
  const { settings, containers } = context
  const options = { what: 'terminate', signal, parallel: settings.parallel }
  return batchReport(ids, options, async (id) => {
    // Docker never gave such an id: it is nobody's, and must not become part of an address.
    if (!isContainerId(id)) return
    try {
      await end(context, { group, id }, signal)
    } finally {
      containers.list.invalidate()
    }
  })
}

async function end(
  context: Context,
  { group, id }: { readonly group: string; readonly id: string },
  signal: AbortSignal,
): Promise<void> {
  const { engine, containers, settings } = context
  const what = `terminate ${id.slice(0, 12)} of ${group}`
  const step: Question = { what, signal, instanceId: id }
  const found = await context.engine.inspect(id, { ...step, what: `${what}: look whose it is` })
  if (found === undefined) return
  const label = readLabel(found.Config.Labels)
  const isOurs: boolean = isOwned(label, { group, scope: settings.scope })
  if (label === undefined || !isOurs) {
    const whose =
      label === undefined ? 'nobody known here' : `group ${label.group}${scopeInWords(label.scope)}`
    throw new FlotillaError('not-owned', `${what}: it belongs to ${whose}`, { instanceId: id })
  }
  if ((await containers.copies.originOf(factsOfDetails(found), label, signal)) !== 'own') {
    const why = 'its labels may have come with its image, which docker commit made of an instance'
    throw new FlotillaError('not-owned', `${what}: ${why}`, { instanceId: id })
  }
  const graceSeconds = Math.ceil(settings.graceMs / 1000)
  if (graceSeconds > 0) {
    // The engine answers when the container has stopped.
    const timeoutMs = engine.timeoutMs + graceSeconds * 1000
    const stop = async (): Promise<void> =>
      engine.ask({ ...step, what: `${what}: stop it`, timeoutMs }, async (docker, call) =>
        docker.stopContainer(id, graceSeconds, call),
      )
    await stop()
      .catch(async (error: unknown) => {
        if (!isPausedRefusal(error)) throw error
        // Docker lets it go on by itself; Podman leaves that to us.
        await engine.ask({ ...step, what: `${what}: let it go on` }, async (docker, call) =>
          docker.unpauseContainer(id, call),
        )
        await stop()
      })
      .catch((error: unknown) => {
        if (!isNotModified(error) && !isNotFound(error)) throw error
      })
  }
  await removeContainer(context, id, { ...step, what: `${what}: remove it` })
}

const scopeInWords = (scope: string | undefined): string => (scope === undefined ? '' : ` of scope ${scope}`)
