import type { BackendProblem } from '@flotilla/core'

/** Problems of one section that are shown; the others are only counted. */
const mostShown = 20

/** The standing problems of each group, by the section that found them. */
export class ProblemBook {
  readonly #groups = new Map<string, Map<string, readonly BackendProblem[]>>()

  /** Replaces the problems of one section. */
  set(group: string, section: string, problems: readonly BackendProblem[]): void {
    const sections = this.#groups.get(group) ?? new Map<string, readonly BackendProblem[]>()
    this.#groups.set(group, sections)
    if (problems.length === 0) sections.delete(section)
    else sections.set(section, problems)
  }

  /** Removes the sections with this prefix, except these. */
  prune(group: string, prefix: string, sections: ReadonlySet<string>): void {
    const known = this.#groups.get(group)
    for (const section of known?.keys() ?? []) {
      if (section.startsWith(prefix) && !sections.has(section)) known?.delete(section)
    }
  }

  of(group: string): readonly BackendProblem[] {
    return [...(this.#groups.get(group)?.entries() ?? [])].flatMap(([section, problems]) => {
      const more = problems.length - mostShown
      if (more <= 0) return problems
      return [...problems.slice(0, mostShown), { about: section, message: `and ${more} more like these` }]
    })
  }
}
