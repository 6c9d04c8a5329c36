import type { InstanceChange } from '@flotilla/core'
import type { EngineEvent } from '@flotilla/docker-engine'
import { codeInWords } from '../exit-words.js'

/** Actions that are watched for: turns of a container's life, and nothing of what is run inside it. */
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

/** Actions that Podman calls by another name. */
const podmanActions: Readonly<Record<string, string>> = { remove: 'destroy', died: 'die' }

/**
 * Podman's events in Docker's words. Podman's filters know a label only with its value, and do not know `die`: it is asked
 * for all events, and those that are not wanted are left out here.
 */
export async function* asDockerTells(
  events: AsyncIterable<EngineEvent>,
  { actions, label }: { readonly actions: readonly string[]; readonly label: string },
): AsyncGenerator<EngineEvent, void> {
  for await (const event of events) {
    const Action = podmanActions[event.Action] ?? event.Action
    if (label in event.Actor.Attributes && actions.some((action) => Action.startsWith(action))) {
      yield { ...event, Action }
    }
  }
}
