import type { FlotillaError } from '../errors.js'
import type { DecisionTrace } from '../decide/trace.js'
import type { LifecycleChange } from './advance.js'
import type { Process } from './group-state.js'

/** What can go wrong without ending the loop. */
export type ProblemKind =
  | 'list-failed'
  | 'launch-failed'
  | 'terminate-failed'
  | 'balance-failed'
  | 'metric-failed'
  | 'metric-missing'
  | 'usage-failed'
  | 'watch-failed'
  | 'store-failed'
  | 'state-damaged'
  | 'clock-jumped'
  | 'too-many-unhealthy'
  | 'kept-over-desired'
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
  readonly recovered: Pick<Problem, 'kind' | 'about'>
  /** Launches failed; the next is not before `until`, epoch milliseconds. */
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

export type EventName = keyof AutoscalerEvents

type Listener<Name extends EventName> = (event: AutoscalerEvents[Name]) => void

/** Typed listeners. One that throws does not disturb the others or the loop. */
export class Events {
  readonly #listeners = new Map<EventName, Set<(event: never) => void>>()
  readonly #onError: (error: unknown, name: EventName) => void

  constructor(onError: (error: unknown, name: EventName) => void) {
    this.#onError = onError
  }

  /** Returns what takes the listener off again. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  emit<Name extends EventName>(name: Name, event: AutoscalerEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        const call = listener as Listener<Name>
        call(event)
      } catch (error) {
        this.#onError(error, name)
      }
    }
  }
}
