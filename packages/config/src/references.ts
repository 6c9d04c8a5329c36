import { readFileSync } from 'node:fs'

/** What a text refers to is not there. */
export interface MissingReference {
  readonly message: string
}

/** Shorter ones are words, and hiding them would hide half of a message. */
const shortestHidden = 4

/**
 * Puts in what texts of a file refer to: `${NAME}` is a variable of the environment, `${file:/run/secrets/name}` what
 * stands in a file, without its last line break; `${NAME:-8080}` is 8080 where there is no such variable; `$${` is `${`. Remembers what it put in, so that no message shows it.
 */
export class References {
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #values = new Set<string>()

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env
  }

  /** The text with every reference replaced, or why it cannot be. */
  resolve(text: string): string | MissingReference {
    let missing: MissingReference | undefined
    const resolved = text.replaceAll(/\$\$\{|\$\{([^}]*)\}/g, (all, name?: string) => {
      if (name === undefined) return '${'
      const value = this.#find(name)
      if (typeof value === 'string') return value
      missing ??= value
      return all
    })
    return missing ?? resolved
  }

  /** A message without what came from the environment or from files. */
  hide(message: string): string {
    let hidden = message
    for (const value of this.#values) hidden = hidden.replaceAll(value, '(hidden)')
    return hidden
  }

  #find(name: string): string | MissingReference {
    if (name.startsWith('file:')) return this.#remembered(readSecret(name.slice('file:'.length)))
    const [, variable, standard] = /^([A-Za-z_]\w*)(?::-(.*))?$/.exec(name) ?? []
    if (variable === undefined) {
      return {
        message: `has \${${name}}, which is no reference: \${NAME} and \${file:PATH} are, and $\${ is a plain \${`,
      }
    }
    const value = this.#env[variable]
    // As in a shell, an empty one is none where there is something to take its place.
    if (standard !== undefined && (value === undefined || value === '')) return standard
    return (
      this.#remembered(value) ?? {
        message: `refers to the environment variable ${variable}, which is not set`,
      }
    )
  }

  #remembered<T>(value: T): T {
    if (typeof value === 'string' && value.length >= shortestHidden) this.#values.add(value)
    return value
  }
}

function readSecret(path: string): string | MissingReference {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    return { message: `refers to the file ${path}, which cannot be read (${code})` }
  }
}
