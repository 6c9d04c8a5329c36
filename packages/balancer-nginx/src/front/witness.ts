import type { CallOptions, Clock } from '@flotilla/core'
import { withDeadline } from '@flotilla/core/authoring'
import type { ConfigShape } from '../config/config-shape.js'
import type { StatusPage } from '../status/status-page.js'
import { askFront, type FrontAnswer } from './ask.js'
import { placesOf, type Place, type Vantage } from './place.js'

/** Whether clients get a generation. */
export type Sighting =
  | { readonly kind: 'served' }
  /** They get something else, or nothing. */
  | { readonly kind: 'missing'; readonly reason: string }
  /** It was seen from here before, and could not be looked at now. */
  | { readonly kind: 'unclear'; readonly reason: string }
  /** It cannot be seen from here at all. */
  | { readonly kind: 'unseen' }

export interface WitnessOptions {
  readonly shape: ConfigShape
  /** Asked too, where there is one: it is all there is without a server of ours. */
  readonly page: Pick<StatusPage, 'generation' | 'where'> | undefined
  readonly timeoutMs: number
  readonly clock: Clock
  /** Counts a request of ours that Nginx counts too. */
  readonly onRequest: () => void
}

/** How long an answer is waited for where none ever came: it may be a network that is not led to from here. */
const unknownPlaceMs = 1000

/** Asks from outside which generation clients get: at each address of our own server, as a client would. */
export class FrontWitness {
  readonly #options: WitnessOptions
  /** Places that have shown one of our generations. */
  readonly #proven = new Set<string>()
  /** Places that kept silent, and have never shown one. */
  readonly #useless = new Set<string>()

  constructor(options: WitnessOptions) {
    this.#options = options
  }

  /** @param vantages - how the machine of Nginx is reached from here; none when it is not */
  async look(generation: string, vantages: readonly Vantage[], call: CallOptions): Promise<Sighting> {
    const { shape, page } = this.#options
    const asked = (shape.server?.listen ?? []).map((listen) =>
      this.#lookAt(placesOf(shape, listen, vantages), listen.address, generation, call),
    )
    const sightings = await Promise.all([
      ...asked,
      ...(page === undefined ? [] : [seenOnPage(page, generation, call)]),
    ])
    const order = ['missing', 'unclear', 'served'] as const
    for (const kind of order) {
      const found = sightings.find((sighting) => sighting.kind === kind)
      if (found !== undefined) return found
    }
    return { kind: 'unseen' }
  }

  /** Another machine may be reached where the one before could not be. */
  forget(): void {
    this.#useless.clear()
  }

  async #lookAt(
    places: readonly Place[],
    address: string,
    generation: string,
    call: CallOptions,
  ): Promise<Sighting> {
    const useful = places.filter(({ where }) => !this.#useless.has(where))
    const answers = await Promise.all(
      useful.map(async (place) => ({ place, answer: await this.#ask(place, call) })),
    )
    const isServed = answers.some(({ answer }) => answer.kind === 'ours' && answer.generation === generation)
    if (isServed) return { kind: 'served' }
    for (const kind of ['ours', 'other', 'refused', 'silent'] as const) {
      const found = answers.find(
        ({ place, answer }) => answer.kind === kind && (kind !== 'silent' || this.#isKnown(place)),
      )
      if (found === undefined) continue
      if (kind === 'refused' && !this.#isKnown(found.place)) continue
      const where = found.place.where === address ? address : `${address} (asked at ${found.place.where})`
      const reason = `clients of ${where} do not get what was set: ${wordsOf(found.answer)}`
      return { kind: kind === 'silent' ? 'unclear' : 'missing', reason }
    }
    return { kind: 'unseen' }
  }

  /** This machine's own, and what has answered before: that it does not now means something. */
  #isKnown({ where, connect }: Place): boolean {
    const isHere = 'socketPath' in connect || /^(?:127\.|::1$)/.test(connect.host)
    return isHere || this.#proven.has(where)
  }

  async #ask(place: Place, { signal }: CallOptions): Promise<FrontAnswer> {
    const { clock, timeoutMs, onRequest } = this.#options
    const bound = this.#isKnown(place) ? timeoutMs : Math.min(timeoutMs, unknownPlaceMs)
    try {
      const what = `ask ${place.where}`
      const answer = await withDeadline((inner) => askFront(place, inner), {
        clock,
        timeoutMs: bound,
        what,
        signal,
      })
      if (answer.kind === 'ours') this.#proven.add(place.where)
      if (answer.kind === 'ours' || answer.kind === 'other') onRequest()
      if (answer.kind === 'silent' && !this.#isKnown(place)) this.#useless.add(place.where)
      return answer
    } catch {
      signal.throwIfAborted()
      if (!this.#isKnown(place)) this.#useless.add(place.where)
      return { kind: 'silent', words: `no answer within ${bound} ms` }
    }
  }
}

async function seenOnPage(
  page: Pick<StatusPage, 'generation' | 'where'>,
  generation: string,
  call: CallOptions,
): Promise<Sighting> {
  const answer = await page.generation(call)
  if ('untold' in answer) {
    return { kind: answer.isSilent === true ? 'unclear' : 'missing', reason: answer.untold }
  }
  if (answer.told === generation) return { kind: 'served' }
  return { kind: 'missing', reason: `${page.where} still has generation ${answer.told.slice(0, 40)}` }
}

function wordsOf(answer: FrontAnswer): string {
  return answer.kind === 'ours' ? `its generation is ${answer.generation}` : answer.words
}
