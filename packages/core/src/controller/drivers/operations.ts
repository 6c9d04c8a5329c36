import type { Backend } from '../../backend.js'
import type { Clock } from '../../clock.js'
import { withDeadline } from '../../async/deadline.js'
import { FlotillaError, toFlotillaError } from '../../errors.js'
import type { Instance } from '../../model.js'
import type { NotTerminated } from '../life/advance.js'
import { isInstance } from './list-group.js'
import { OpenLaunches } from './open-launches.js'
import type { Problems } from '../telling/problems.js'

export interface OperationsOptions {
  readonly backend: Backend
  readonly group: string
  readonly clock: Clock
  readonly launchTimeoutMs: number
  readonly terminateTimeoutMs: number
  readonly signal: AbortSignal
  readonly problems: Problems
  /** Called when there are results to take. */
  readonly wake: () => void
}

/** What came of operations since it was last asked for. */
export interface OperationResults {
  readonly launched: readonly Instance[]
  readonly failedLaunches: readonly { readonly token: string; readonly error: FlotillaError }[]
  readonly terminated: readonly string[]
  readonly notTerminated: readonly NotTerminated[]
}

interface Outcome {
  readonly tokens?: readonly string[]
  readonly ids?: readonly string[]
  readonly results: Partial<OperationResults>
}

/** Launches and terminations that run beside the loop. What comes of them waits to be taken by the next pass. */
export class Operations {
  readonly #options: OperationsOptions
  readonly #launching = new Set<string>()
  readonly #terminating = new Set<string>()
  readonly #open: OpenLaunches
  /** Ended while launches were under way: the answer of one of them may come after its machine has gone. */
  readonly #ended = new Set<string>()
  /** The backend's own calls, which may outlive the wait for them. */
  readonly #calls = new Set<Promise<unknown>>()
  #outcomes: Outcome[] = []

  constructor(options: OperationsOptions) {
    this.#options = options
    this.#open = new OpenLaunches(options.clock, options.launchTimeoutMs)
  }

  /** Tokens asked for whose outcome was not taken yet. */
  get launching(): ReadonlySet<string> {
    return this.#launching
  }

  get terminating(): ReadonlySet<string> {
    return this.#terminating
  }

  /** Tokens of which a machine may come to exist that no list has shown yet. */
  get open(): ReadonlySet<string> {
    return this.#open.tokens
  }

  /** Tokens whose launch the backend has not settled, whether anybody waits for it or not. */
  get unsettled(): ReadonlySet<string> {
    return this.#open.unsettled
  }

  /** Resolves when the backend has settled every call, also those that nobody waits for any longer. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#calls)
  }

  async launch(token: string): Promise<void> {
    const { backend, group, clock, launchTimeoutMs, signal, problems } = this.#options
    this.#launching.add(token)
    const what = `launch ${group}-${token}`
    try {
      const request = (inner: AbortSignal): Promise<Instance> =>
        this.#open.during(token, this.#called(backend.launch({ group, token }, { signal: inner })))
      const instance = await withDeadline(request, { clock, timeoutMs: launchTimeoutMs, what, signal })
      if (!isInstance(instance) || instance.group !== group) {
        throw new FlotillaError('unknown', `${what}: the backend answered what is no instance of this group`)
      }
      problems.onlyAbout('launch-failed', new Set())
      this.#finish({ tokens: [token], results: { launched: [instance] } })
    } catch (thrown) {
      if (signal.aborted) return
      const error = toFlotillaError(thrown, what)
      problems.stands('launch-failed', error.code, error.message, error)
      this.#finish({ tokens: [token], results: { failedLaunches: [{ token, error }] } })
    }
  }

  async terminate(ids: readonly string[]): Promise<void> {
    const { backend, group, clock, terminateTimeoutMs: timeoutMs, signal, problems } = this.#options
    for (const id of ids) this.#terminating.add(id)
    const what = `terminate ${ids.length} of ${group}`
    try {
      const call = (inner: AbortSignal): ReturnType<Backend['terminate']> =>
        this.#called(backend.terminate(group, ids, { signal: inner }))
      const report = await withDeadline(call, { clock, timeoutMs, what, signal })
      for (const { id, error } of report.failed)
        problems.failed('terminate-failed', id, `terminate ${id}`, error)
      for (const id of report.done) problems.over('terminate-failed', id)
      if (this.#launching.size > 0) for (const id of report.done) this.#ended.add(id)
      const done = new Set(report.done)
      const reasons = new Map(report.failed.map(({ id, error }) => [id, error.message]))
      const notTerminated = ids
        .filter((id) => !done.has(id))
        .map((id) => ({ id, reason: reasons.get(id) ?? `${what}: the report leaves it out` }))
      this.#finish({ ids, results: { terminated: report.done, notTerminated } })
    } catch (thrown) {
      if (signal.aborted) return
      const { message } = toFlotillaError(thrown, what)
      for (const id of ids) problems.failed('terminate-failed', id, what, thrown)
      this.#finish({ ids, results: { notTerminated: ids.map((id) => ({ id, reason: message })) } })
    }
  }

  /** Hands over what came of the operations. From now on they are no longer under way. */
  take(): OperationResults {
    const outcomes = this.#outcomes
    this.#outcomes = []
    for (const { tokens = [], ids = [] } of outcomes) {
      for (const token of tokens) this.#launching.delete(token)
      for (const id of ids) this.#terminating.delete(id)
    }
    const launched = outcomes.flatMap(({ results }) => results.launched ?? [])
    const still = launched.filter(({ id }) => !this.#ended.has(id))
    if (this.#launching.size === 0) this.#ended.clear()
    return {
      launched: still,
      failedLaunches: outcomes.flatMap(({ results }) => results.failedLaunches ?? []),
      terminated: outcomes.flatMap(({ results }) => results.terminated ?? []),
      notTerminated: outcomes.flatMap(({ results }) => results.notTerminated ?? []),
    }
  }

  #called<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call)
    const over = (): void => void this.#calls.delete(call)
    call.then(over, over)
    return call
  }

  #finish(outcome: Outcome): void {
    this.#outcomes.push(outcome)
    this.#options.wake()
  }
}
