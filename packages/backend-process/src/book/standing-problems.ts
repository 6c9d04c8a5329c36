import type { BackendProblem } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { fromSystem } from '../errors.js'

/** What stands in the way and is no call's own failure, by group and by what it is about. */
export class StandingProblems {
  readonly #byGroup = new Map<string, Map<string, BackendProblem>>()

  of(group: string): readonly BackendProblem[] {
    return [...(this.#byGroup.get(group)?.values() ?? [])]
  }

  /**
   * Does something that must not fail a call: a failure is told until it succeeds.
   *
   * @param remedy - what a person may do about it
   */
  async during(
    group: string,
    { about, remedy }: { readonly about: string; readonly remedy: string },
    work: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await work()
      this.#byGroup.get(group)?.delete(about)
    } catch (error) {
      const problems = this.#byGroup.get(group) ?? new Map<string, BackendProblem>()
      this.#byGroup.set(group, problems)
      const message = `${about}: ${messageOf(error)}; ${remedy}`
      problems.set(about, { about, message, error: fromSystem(error, about) })
    }
  }

  /** Forgets what was about one thing, as it is gone. */
  forget(group: string, about: string): void {
    this.#byGroup.get(group)?.delete(about)
  }
}
