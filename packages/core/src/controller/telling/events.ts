import * as v from 'valibot'
import { BoundedQueue } from '../../async/bounded-queue.js'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { abortSignal, func } from '../../options/checks.js'
import { didYouMean } from '../../options/did-you-mean.js'
import type { DecisionTrace } from '../../decide/trace.js'
import { FlotillaError } from '../../errors.js'
import type { LifecycleChange } from '../life/advance.js'
import type { Process } from '../life/group-state.js'

/** What can go wrong without ending the loop. docs/run-a-group.md says of each what to do and when it ends. */
export type ProblemKind =
  | 'list-failed'
  | 'launch-failed'
  | 'launch-unseen'
  | 'start-failed'
  | 'not-ready'
  | 'terminate-failed'
  | 'balance-failed'
  | 'backend-problem'
  | 'metric-failed'
  | 'policy-failed'
  | 'metric-missing'
  | 'watch-failed'
  | 'store-failed'
  | 'ownership-lost'
  | 'ownership-in-doubt'
  | 'rival-controller'
  | 'state-damaged'
  | 'clock-jumped'
  | 'too-many-unhealthy'
  | 'kept-over-desired'
  | 'held-at-max'
  | 'at-max'
  | 'impaired'
  | 'all-impaired'
  | 'front-lost'
  | 'front-unchecked'
  | 'loop-failed'

/** Something that stands until `recovered` tells of its end. It is told once, not at every tick. */
export interface Problem {
  readonly kind: ProblemKind
  /** What it is about: a metric's or an instance's name; empty for the whole group. */
  readonly about: string
  readonly message: string
  readonly error?: FlotillaError | undefined
}

/** Every event of an Autoscaler, with what its listener gets. */
export interface AutoscalerEvents {
  /** The loop runs; `adoptedCount` machines were found. */
  readonly started: { readonly adoptedCount: number }
  /** One evaluation, also one that changes nothing. */
  readonly decision: DecisionTrace
  /** The desired count changed. */
  readonly scaled: { readonly from: number; readonly to: number; readonly reason: string }
  /** An instance moved from one state of its life to another. */
  readonly instance: LifecycleChange
  readonly problem: Problem
  /** A problem is over. With a `reason` nothing recovered: what it was about is no more. */
  readonly recovered: Pick<Problem, 'kind' | 'about'> & { readonly reason?: string | undefined }
  /** Launches failed; the next is not before `until`, whole epoch milliseconds. */
  readonly backoff: { readonly failures: number; readonly until: number }
  readonly paused: { readonly processes: readonly Process[] }
  readonly resumed: { readonly processes: readonly Process[] }
  /** One tick is over. `durationMs` is from its start to its last action started. */
  readonly tick: {
    readonly at: number
    readonly durationMs: number
    readonly desired: number
    readonly readyCount: number
  }
  readonly stopped: { readonly leftCount: number }
}

/** A name of an event. */
export type EventName = keyof AutoscalerEvents

export const eventNames: readonly EventName[] = [
  'started',
  'decision',
  'scaled',
  'instance',
  'problem',
  'recovered',
  'backoff',
  'paused',
  'resumed',
  'tick',
  'stopped',
]

/** Options of `Autoscaler.on()`, `once()` and `events()`. */
export interface ListenOptions {
  /** Takes the listener off when it aborts. */
  readonly signal?: AbortSignal | undefined
}

const listenSchema = v.strictObject({ signal: v.optional(abortSignal()) })

type Listener<Name extends EventName> = (event: AutoscalerEvents[Name]) => unknown

/** An iterator that falls behind forgets the oldest: a consumer that hangs must not fill the memory. */
const mostWaiting = 10_000

/** Typed listeners. One that throws or rejects does not disturb the others or the loop. */
export class Events {
  readonly #listeners = new Map<EventName, Set<(event: never) => unknown>>()
  readonly #onError: (error: unknown, name: EventName) => void
  readonly #end = new AbortController()

  constructor(onError: (error: unknown, name: EventName) => void) {
    this.#onError = onError
  }

  /**
   * Returns what takes the listener off again.
   *
   * @throws FlotillaError `invalid-options` for an event that there is not
   */
  on<Name extends EventName>(name: Name, listener: Listener<Name>, options: ListenOptions = {}): () => void {
    checkEvent('on', name)
    checkOptions('on', func(), listener, 'listener')
    const { signal } = checkOptions('on', listenSchema, options)
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    const off = (): void => {
      listeners.delete(listener)
      signal?.removeEventListener('abort', off)
    }
    if (signal?.aborted === true) return off
    listeners.add(listener)
    signal?.addEventListener('abort', off, { once: true })
    return off
  }

  /**
   * The next event of this name.
   *
   * @throws FlotillaError `invalid-options` for one that there is not; `closed` when none will come; the signal's reason
   */
  once<Name extends EventName>(name: Name, options: ListenOptions = {}): Promise<AutoscalerEvents[Name]> {
    checkEvent('once', name)
    // Node's own events.once would call it so, and wait for an event named error as well.
    if (typeof options !== 'object') {
      throw invalidOption(
        'once',
        'options',
        options,
        `left out: once('${name}') gives a promise of the event`,
      )
    }
    return this.#next(name, checkOptions('once', listenSchema, options))
  }

  async #next<Name extends EventName>(
    name: Name,
    { signal }: ListenOptions,
  ): Promise<AutoscalerEvents[Name]> {
    for await (const event of this.iterate(name, { signal })) return event
    signal?.throwIfAborted()
    throw new FlotillaError('closed', `once: no ${name} will come, as the autoscaler has stopped`)
  }

  /**
   * The events of this name as they come, until the signal aborts or the autoscaler has stopped; then it ends.
   *
   * @throws FlotillaError `invalid-options` for one that there is not
   */
  iterate<Name extends EventName>(
    name: Name,
    options: ListenOptions = {},
  ): AsyncIterableIterator<AutoscalerEvents[Name]> {
    checkEvent('events', name)
    const { signal } = checkOptions('events', listenSchema, options)
    const ending = signal === undefined ? this.#end.signal : AbortSignal.any([this.#end.signal, signal])
    // It listens from now on, not only from the first question.
    const queue = new BoundedQueue<AutoscalerEvents[Name]>({
      most: mostWaiting,
      onEnd: () => {
        off()
        ending.removeEventListener('abort', end)
      },
    })
    // What was told before the end is still read.
    const end = (): void => queue.end()
    const off = this.on(name, (event) => queue.push(event))
    if (ending.aborted) end()
    else ending.addEventListener('abort', end, { once: true })
    return queue
  }

  emit<Name extends EventName>(name: Name, event: AutoscalerEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        const answer = (listener as Listener<Name>)(event)
        // An async listener that rejects would otherwise end the process.
        if (isThenable(answer)) answer.then(undefined, (error: unknown) => this.#onError(error, name))
      } catch (error) {
        this.#onError(error, name)
      }
    }
  }

  /** No more will come: ends iterators and rejects those who wait for one. */
  close(): void {
    this.#end.abort()
  }
}

const isThenable = (answer: unknown): answer is PromiseLike<unknown> =>
  typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'

function checkEvent(what: string, name: unknown): void {
  if (eventNames.includes(name as EventName)) return
  const meant = typeof name === 'string' ? didYouMean(name, eventNames) : undefined
  const hint = meant === undefined ? '' : `; did you mean \`${meant}\`?`
  throw invalidOption(what, 'event', name, `one of ${eventNames.join(', ')}${hint}`)
}
