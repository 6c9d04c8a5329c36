import type { BackendProblem } from '../backend.js'

/** More than these of one part are only counted. */
const mostShown = 20

/**
 * What stands in a backend's way, for its `problems(group)`: by group, and there by the part that found it. Each look of a
 * part replaces what that part told before.
 */
export class ProblemBook {
  readonly #groups = new Map<string, Map<string, readonly BackendProblem[]>>()

  /** All that this part finds now; nothing of it is over. */
  set(group: string, part: string, found: readonly BackendProblem[]): void {
    const parts = this.#groups.get(group) ?? new Map<string, readonly BackendProblem[]>()
    if (found.length === 0) parts.delete(part)
    else parts.set(part, found)
    if (parts.size === 0) this.#groups.delete(group)
    else this.#groups.set(group, parts)
  }

  /** Beside what this part told before, until its next `set`; the latest of each `about` is kept. */
  add(group: string, part: string, found: readonly BackendProblem[]): void {
    const abouts = new Set(found.map(({ about }) => about))
    const before = this.#groups.get(group)?.get(part) ?? []
    this.set(group, part, [...before.filter(({ about }) => !abouts.has(about)), ...found])
  }

  /** Parts that begin so, and are not among these, are over. */
  prune(group: string, prefix: string, parts: ReadonlySet<string>): void {
    for (const part of this.#groups.get(group)?.keys() ?? []) {
      if (part.startsWith(prefix) && !parts.has(part)) this.set(group, part, [])
    }
  }

  /** The group has ended: nothing of it is of interest. */
  forget(group: string): void {
    this.#groups.delete(group)
  }

  /** All that stands in the way of a group; of each part at most twenty. */
  of(group: string): readonly BackendProblem[] {
    return [...(this.#groups.get(group) ?? [])].flatMap(([part, problems]) => {
      const more = problems.length - mostShown
      if (more <= 0) return problems
      return [...problems.slice(0, mostShown), { about: part, message: `and ${more} more like these` }]
    })
  }
}
