import type { BackendProblem } from '@flotilla/core'

/** The check that found a problem. Each run of a check replaces what it found before. */
export type ProblemTopic = 'warm pool' | 'sweep' | 'kept' | 'strays'

/** The standing problems of each group. A problem ends when its check does not find it any more. */
export class Problems {
  readonly #groups = new Map<string, Map<ProblemTopic, readonly BackendProblem[]>>()

  /** Replaces all problems of a check. */
  set(group: string, topic: ProblemTopic, found: readonly BackendProblem[]): void {
    const topics = this.#groups.get(group) ?? new Map<ProblemTopic, readonly BackendProblem[]>()
    if (found.length === 0) topics.delete(topic)
    else topics.set(topic, found)
    if (topics.size === 0) this.#groups.delete(group)
    else this.#groups.set(group, topics)
  }

  /** Adds problems, or replaces those about the same thing, until the check's next run. */
  add(group: string, topic: ProblemTopic, found: readonly BackendProblem[]): void {
    const about = new Set(found.map((one) => one.about))
    const before = this.#groups.get(group)?.get(topic) ?? []
    this.set(group, topic, [...before.filter((one) => !about.has(one.about)), ...found])
  }

  of(group: string): readonly BackendProblem[] {
    return [...(this.#groups.get(group)?.values() ?? [])].flat()
  }
}
