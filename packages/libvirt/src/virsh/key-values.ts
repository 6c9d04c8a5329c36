/** `Name:   value` lines, by lower-case name; units after a number stay. */
export function colonValues(output: string): ReadonlyMap<string, string> {
  const lines = output.split('\n').map((line) => /^\s*([^:]+?)\s*:\s*(.*?)\s*$/.exec(line))
  return new Map(lines.flatMap((match) => (match ? [[(match[1] ?? '').toLowerCase(), match[2] ?? '']] : [])))
}

/** `name=value` lines of `domstats`. */
export function equalsValues(output: string): ReadonlyMap<string, string> {
  const lines = output.split('\n').map((line) => /^\s*([^=\s]+)=(.*)$/.exec(line))
  return new Map(lines.flatMap((match) => (match ? [[match[1] ?? '', match[2] ?? '']] : [])))
}

/** The number that a value begins with; undefined where there is none. */
export function leadingNumber(value: string | undefined): bigint | undefined {
  const digits = /^\d+/.exec(value ?? '')?.[0]
  return digits === undefined ? undefined : BigInt(digits)
}

/** Lines of a table, cut where two or more blanks stand. */
export function tableRows(output: string): string[][] {
  const lines = output.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '' && !/^-+$/.test(line)).map((line) => line.split(/\s{2,}/))
}
