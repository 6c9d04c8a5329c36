import type { Backend } from '../../backend.js'
import type { Problems } from './problems.js'

/** Tells of what stands between the backend and its work, and of its end. */
export function tellBackendProblems(backend: Backend, group: string, problems: Problems): void {
  if (backend.problems === undefined) return
  try {
    const found = backend.problems(group)
    for (const { about, message, error } of found) problems.stands('backend-problem', about, message, error)
    problems.onlyAbout('backend-problem', new Set(found.map(({ about }) => about)))
  } catch (error) {
    problems.failed('backend-problem', '', `ask ${backend.name} for its problems`, error)
  }
}
