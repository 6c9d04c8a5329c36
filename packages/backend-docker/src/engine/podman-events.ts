import type { EngineEvent } from '@flotilla/docker-engine'

/** Podman's own words where they are others than Docker's. */
const words: Readonly<Record<string, string>> = { remove: 'destroy', died: 'die' }

/**
 * Podman's events as Docker would tell them. Its filters know a label only with its value, and `die` not at all, so that it
 * is asked for all of them, and what is not wanted is left out here.
 */
export async function* asDockerTells(
  events: AsyncIterable<EngineEvent>,
  { actions, label }: { readonly actions: readonly string[]; readonly label: string },
): AsyncGenerator<EngineEvent, void> {
  for await (const event of events) {
    const Action = words[event.Action] ?? event.Action
    if (label in event.Actor.Attributes && actions.some((action) => Action.startsWith(action))) {
      yield { ...event, Action }
    }
  }
}
