import type { EngineEvent } from '../../src/api/docker-api.js'
import type { FakeContainer } from './fake-container.js'
import { goneError } from './fake-errors.js'

type Listener = (event: EngineEvent | 'broken') => void

/** The event streams of a fake engine. */
export class FakeEvents {
  readonly #listeners = new Set<Listener>()

  /** How many streams are open. */
  get streamCount(): number {
    return this.#listeners.size
  }

  tell(
    action: string,
    { id, name, body }: FakeContainer,
    facts: Readonly<Record<string, string>> = {},
  ): void {
    const Attributes = { ...body.Labels, ...facts, image: body.Image, name }
    for (const listener of this.#listeners)
      listener({ Type: 'container', Action: action, Actor: { ID: id, Attributes } })
  }

  /** Every open stream breaks. */
  breakOff(): void {
    for (const listener of this.#listeners) listener('broken')
  }

  listen(
    actions: readonly string[],
    label: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<EngineEvent> {
    const queue: (EngineEvent | 'broken')[] = []
    let wake: (() => void) | undefined
    const listener: Listener = (event) => {
      if (event !== 'broken') {
        const isWanted = actions.some((action) => event.Action.startsWith(action))
        if (!isWanted || (label !== undefined && !(label in event.Actor.Attributes))) return
      }
      queue.push(event)
      wake?.()
    }
    this.#listeners.add(listener)
    const forget = (): void => {
      this.#listeners.delete(listener)
      wake?.()
    }
    signal.addEventListener('abort', forget, { once: true })
    return (async function* () {
      try {
        while (!signal.aborted) {
          const event = queue.shift()
          if (event === 'broken') throw goneError('ECONNRESET')
          if (event !== undefined) yield event
          else
            await new Promise<void>((resolve) => {
              wake = resolve
            })
        }
      } finally {
        forget()
      }
    })()
  }
}
