import type { Backend } from '../backend.js'
import type { Clock } from '../clock.js'
import { withDeadline } from '../deadline.js'
import { type FlotillaError, toFlotillaError } from '../errors.js'
import type { Instance } from '../model.js'
import type { Problems } from './problems.js'

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
  readonly notTerminated: readonly string[]
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
  #outcomes: Outcome[] = []

  constructor(options: OperationsOptions) {
    this.#options = options
  }

  /** Tokens asked for whose outcome was not taken yet. */
  get launching(): ReadonlySet<string> {
    return this.#launching
  }

  get terminating(): ReadonlySet<string> {
    return this.#terminating
  }

  async launch(token: string): Promise<void> {
    const { backend, group, clock, launchTimeoutMs, signal, problems } = this.#options
    this.#launching.add(token)
    const what = `launch ${group}-${token}`
    try {
      const request = (inner: AbortSignal): Promise<Instance> =>
        backend.launch({ group, token }, { signal: inner })
      const instance = await withDeadline(request, { clock, timeoutMs: launchTimeoutMs, what, signal })
      this.#finish({ tokens: [token], results: { launched: [instance] } })
    } catch (thrown) {
      if (signal.aborted) return
      const error = toFlotillaError(thrown, what)
      problems.happened('launch-failed', token, error.message, error)
      this.#finish({ tokens: [token], results: { failedLaunches: [{ token, error }] } })
    }
  }

  async terminate(ids: readonly string[]): Promise<void> {
    const { backend, group, clock, terminateTimeoutMs: timeoutMs, signal, problems } = this.#options
    for (const id of ids) this.#terminating.add(id)
    const what = `terminate ${ids.length} of ${group}`
    try {
      const report = await withDeadline((inner) => backend.terminate(group, ids, { signal: inner }), {
        clock,
        timeoutMs,
        what,
        signal,
      })
      for (const { id, error } of report.failed)
        problems.failed('terminate-failed', id, `terminate ${id}`, error)
      for (const id of report.done) problems.over('terminate-failed', id)
      const done = new Set(report.done)
      this.#finish({
        ids,
        results: { terminated: report.done, notTerminated: ids.filter((id) => !done.has(id)) },
      })
    } catch (thrown) {
      if (signal.aborted) return
      for (const id of ids) problems.failed('terminate-failed', id, what, thrown)
      this.#finish({ ids, results: { notTerminated: ids } })
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
    return {
      launched: outcomes.flatMap(({ results }) => results.launched ?? []),
      failedLaunches: outcomes.flatMap(({ results }) => results.failedLaunches ?? []),
      terminated: outcomes.flatMap(({ results }) => results.terminated ?? []),
      notTerminated: outcomes.flatMap(({ results }) => results.notTerminated ?? []),
    }
  }

  #finish(outcome: Outcome): void {
    this.#outcomes.push(outcome)
    this.#options.wake()
  }
}
