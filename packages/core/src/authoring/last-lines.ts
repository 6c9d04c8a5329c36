import { stripVTControlCharacters } from 'node:util'

/** Options of `lastLines()`. */
export interface LastLinesOptions {
  /** Values that must not be shown, such as those of a template's environment; shorter than four characters they are kept. */
  readonly secrets?: Iterable<string> | undefined
  /** Default 10. */
  readonly maxLines?: number | undefined
  /** Characters in all; default 1,000. */
  readonly maxLength?: number | undefined
}

const hidden = '(hidden)'

/** What a secret is called, where its value follows behind `=` or `:`. */
const named =
  /((?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&]+)/gi
const authorization = /(authorization["']?\s*[=:]\s*)(?:(?:basic|bearer|digest)\s+)?[^\s,;]+/gi
const inUrl = /(\w:\/\/)[^/@\s]*@/g

/**
 * The last lines of what an instance wrote, fit to be shown: without escape sequences, control characters and empty lines,
 * bounded, the end kept, and what looks like a secret hidden. Undefined when nothing is left.
 */
export function lastLines(output: string, options: LastLinesOptions = {}): string | undefined {
  const { secrets = [], maxLines = 10, maxLength = 1000 } = options
  // Far more than can be kept, so that the cost is bounded and a secret on the edge is still whole.
  let text = stripVTControlCharacters(output.slice(-64 * maxLength)).replace(/\r\n?/g, '\n')
  // The longest first, as one may be a part of another.
  for (const secret of [...secrets].toSorted((a, b) => b.length - a.length)) {
    if (secret.length >= 4) text = text.replaceAll(secret, hidden)
  }
  text = text
    .replace(authorization, `$1${hidden}`)
    .replace(named, `$1${hidden}`)
    .replace(inUrl, `$1${hidden}@`)
  const lines = text
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-maxLines)
  const joined = lines.join('\n')
  if (joined === '') return undefined
  return joined.length <= maxLength ? joined : `…${joined.slice(-(maxLength - 1))}`
}
