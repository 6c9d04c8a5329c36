import { randomBytes } from 'node:crypto'

/** One step of a script: what it does over there, and the name that its output is found by. */
export interface Step {
  readonly name: string
  /** Lines of a POSIX shell. */
  readonly commands: string
  /** The steps after it are left out when it fails. */
  readonly isNeeded?: boolean | undefined
}

/** What came of one step. */
export interface StepResult {
  readonly exitCode: number
  /** What it printed, to stdout and stderr alike. */
  readonly output: string
}

/** A script, and how to read what it prints. */
export interface Script {
  readonly text: string
  /** The results by name, of the steps that were run; undefined when the script never began. */
  readonly read: (output: string) => ReadonlyMap<string, StepResult> | undefined
}

/**
 * The steps as one script. Lines that nobody can foresee stand around the output of each, so that nothing a login script
 * prints is taken for it. One that arrives cut off is run not at all: it ends with a bracket that the shell waits for.
 */
export function scriptOf(steps: readonly Step[]): Script {
  const mark = randomBytes(12).toString('hex')
  const lines = steps.map(({ name, commands, isNeeded = false }) => {
    const stop = isNeeded ? '[ "$code" = 0 ] || exit 0' : ':'
    return `printf '\\n%s begin %s\\n' ${mark} ${name}\n(\n${commands}\n) 2>&1\ncode=$?\nprintf '\\n%s end %s\\n' ${mark} "$code"\n${stop}`
  })
  const text = `{\nLC_ALL=C; export LC_ALL\n${lines.join('\n')}\nexit 0\n}\n`
  const section = new RegExp(`\\n${mark} begin (\\S+)\\n([^]*?)\\n${mark} end (\\d+)\\n`, 'g')
  return {
    text,
    read(output) {
      if (!`\n${output}`.includes(`\n${mark} begin `)) return undefined
      const found = [...`\n${output}`.matchAll(section)]
      return new Map(
        found.map(([, name = '', said = '', code]) => [name, { exitCode: Number(code), output: said }]),
      )
    },
  }
}

/** A word that means itself to a shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
