import { FlotillaError } from '@flotilla/core'

/** One thing that is wrong in a file, and where. */
export interface ConfigProblem {
  /** As it was given: relative to the working directory, or absolute. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** The option, dotted: `groups.web.policy.targetTracking.target`; empty for the file as a whole. */
  readonly field: string
  /** What is wrong and what would do. Never shows a secret. */
  readonly message: string
}

/** `flotilla.yaml:12:9: groups.web.max must be …`, as editors and terminals link it. */
export function problemText({ file, line, column, message }: ConfigProblem): string {
  return `${file}:${line}:${column}: ${message}`
}

/** All that is wrong in the files, in the order of their lines. Its message has a line for each. */
export class ConfigError extends FlotillaError {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super('invalid-options', problems.map(problemText).join('\n'), { field: problems[0]?.field })
    this.name = 'ConfigError'
    this.problems = problems
  }
}
