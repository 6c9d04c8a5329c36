import type { InstanceChange } from '@flotilla/core'
import type { EngineEvent } from './docker-api.js'

/** What is watched for: the turns of a container's life, without the noise of what is run inside it. */
export const watchedActions: readonly string[] = [
  'start',
  'die',
  'oom',
  'destroy',
  'pause',
  'unpause',
  'health_status',
]

/** One event in words. */
export function toChange({ Action, Actor }: EngineEvent): InstanceChange {
  return { instanceId: Actor.ID, what: inWords(Action, Actor.Attributes['exitCode']) }
}

function inWords(action: string, exitCode: string | undefined): string {
  switch (action) {
    case 'start':
      return 'started'
    case 'die':
      return `exited with code ${exitCode ?? 'unknown'}`
    case 'oom':
      return 'ran out of memory'
    case 'destroy':
      return 'removed'
    case 'pause':
      return 'paused'
    case 'unpause':
      return 'goes on after a pause'
    default:
      return action
  }
}
