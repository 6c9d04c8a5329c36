/** Lines that say why Nginx refused, in the order of their weight. */
const levels = ['emerg', 'alert', 'crit', 'error'] as const

/**
 * Nginx's own words out of what it printed or logged: the gravest lines, without time, process and `nginx:`. Undefined
 * when it said nothing of the kind.
 */
export function nginxWords(output: string): string | undefined {
  const lines = output.split('\n').map((line) => line.trim())
  for (const level of levels) {
    const marker = `[${level}] `
    const said = lines.flatMap((line) => {
      const at = line.indexOf(marker)
      return at < 0 ? [] : [line.slice(at + marker.length).replace(/^\d+#\d+: (?:\*\d+ )?/, '')]
    })
    if (said.length > 0) return `[${level}] ${[...new Set(said)].slice(0, 3).join('; ')}`.slice(0, 1000)
  }
  return undefined
}

/** The same of a log, where errors of single requests stand too and say nothing of the configuration. */
export function graveWords(log: string): string | undefined {
  const words = nginxWords(log)
  return words?.startsWith('[error]') === true ? undefined : words
}

/** The last lines of an output that says nothing in Nginx's own form, such as one of ssh. */
export function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  return lines.slice(-3).join('; ').slice(-1000)
}
