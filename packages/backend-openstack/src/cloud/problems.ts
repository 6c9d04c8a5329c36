import type { BackendProblem } from '@flotilla/core'

/** What a problem was found by: each of these looks replaces what it told before. */
export type ProblemTopic = 'warm pool' | 'sweep' | 'kept' | 'strays'

/** What stands in the way of each group, until the look that found it finds it no more. */
export class Problems {
  readonly #groups = new Map<string, Map<ProblemTopic, readonly BackendProblem[]>>()

  /** All that this look has found. */
  set(group: string, topic: ProblemTopic, found: readonly BackendProblem[]): void {
    const topics = this.#groups.get(group) ?? new Map<ProblemTopic, readonly BackendProblem[]>()
    if (found.length === 0) topics.delete(topic)
    else topics.set(topic, found)
    if (topics.size === 0) this.#groups.delete(group)
    else this.#groups.set(group, topics)
  }

  /** Until the next look of the topic. */
  add(group: string, topic: ProblemTopic, found: readonly BackendProblem[]): void {
    const about = new Set(found.map((one) => one.about))
    const before = this.#groups.get(group)?.get(topic) ?? []
    this.set(group, topic, [...before.filter((one) => !about.has(one.about)), ...found])
  }

  of(group: string): readonly BackendProblem[] {
    return [...(this.#groups.get(group)?.values() ?? [])].flat()
  }
}
