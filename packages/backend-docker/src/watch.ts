import type { InstanceChange } from '@flotilla/core'
import type { Context } from './context.js'
import { toChange } from './engine/container-events.js'
import { isOwned, readLabel, type Owner } from './labels.js'

/** What happens to the containers of one owner, as the engine tells it. */
export async function* watchContainers(
  { containers }: Pick<Context, 'containers'>,
  owner: Owner,
  signal: AbortSignal,
): AsyncGenerator<InstanceChange, void> {
  for await (const event of containers.events.listen(signal)) {
    // What happened while nobody listened is found by listing.
    if (event === undefined) yield { what: 'Docker tells of changes from now on' }
    else if (isOwned(readLabel(event.Actor.Attributes), owner)) yield toChange(event)
  }
}
