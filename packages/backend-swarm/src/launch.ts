import { FlotillaError, type Instance, type LaunchRequest } from '@flotilla/core'
import { settleSoonAfter, untilAborted } from '@flotilla/core/authoring'
import type { SwarmContext } from './context.js'
import { listSeats } from './inventory.js'
import type { ServiceChanges } from './service/service-changes.js'

/** When its caller gives up, a launch has this long to end before the caller is answered. */
const endMs = 1000

/** Adds a token to a group's service, or makes the service; a token that it has is left as it is. */
export async function launchSeat(
  context: SwarmContext,
  changes: ServiceChanges,
  { group, token }: LaunchRequest,
  signal: AbortSignal,
): Promise<Instance> {
  const { clock, background } = context.manager.engine
  const adding = changes.make(group, { kind: 'add', token })
  background.add(adding)
  await settleSoonAfter(adding, signal, { clock, ms: endMs })
  const listed = await untilAborted(async () => listSeats(context, group, signal), signal)
  const made = listed.find((instance) => instance.token === token)
  if (made !== undefined) return made
  const message = `launch ${group}.${token}: somebody took it out of the service again`
  throw new FlotillaError('launch-failed', message)
}
