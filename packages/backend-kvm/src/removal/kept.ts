import type { BackendProblem } from '@flotilla/core'

/** Something that must stay, and why. */
export interface Kept {
  /** A file's path, or what else it is. */
  readonly what: string
  readonly why: string
}

/** Tells what stays of a machine that was ended, and until when. */
export function keptProblems(name: string, kept: readonly Kept[]): readonly BackendProblem[] {
  return kept.map(({ what, why }) => ({
    about: what,
    message:
      `${what} stays, though its machine ${name} was ended: ${why}. It goes by itself once that is over; the machine stays ` +
      'defined, powered off, until then',
  }))
}
