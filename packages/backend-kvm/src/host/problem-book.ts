import type { BackendProblem } from '@flotilla/core'

/** More than these of one section are counted only. */
const mostShown = 20

/** What stands between the backend and its work: by group, and there by what found it. */
export class ProblemBook {
  readonly #groups = new Map<string, Map<string, readonly BackendProblem[]>>()

  /** What is so from now on; nothing of it is over. */
  set(group: string, section: string, problems: readonly BackendProblem[]): void {
    const sections = this.#groups.get(group) ?? new Map<string, readonly BackendProblem[]>()
    this.#groups.set(group, sections)
    if (problems.length === 0) sections.delete(section)
    else sections.set(section, problems)
  }

  /** Sections that begin so, and are not among these, are over. */
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
