import type { InstanceChange } from '@flotilla/core'
import type { EngineEvent } from '@flotilla/docker-engine'
import { codeInWords } from '../exit-words.js'

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
  // `health_status: unhealthy`; Podman says no more than `health_status`.
  const [kind, state] = action.split(': ')
  if (kind === 'health_status') return `its HEALTHCHECK says ${state ?? 'something new'}`
  switch (action) {
    case 'start':
      return 'started'
    case 'die':
      return codeInWords(exitCode === undefined ? undefined : Number(exitCode))
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
