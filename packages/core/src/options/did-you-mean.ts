/**
 * The name that was probably meant, or undefined when none is near: one that differs in a letter or so for every three,
 * or that the other begins with. Upper and lower case are the same, and so are
 * `timeout_ms` and `timeoutMs`, `policies` and `policy`.
 *
 * @param known - a dotted one is compared by what stands behind its last dot; of equally near ones the first is given
 */
export function didYouMean(given: string, known: readonly string[]): string | undefined {
  const wanted = plain(given)
  if (wanted === '' || given.length > 60) return undefined
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of known) {
    const candidate = plain(name.slice(name.lastIndexOf('.') + 1))
    const isStart =
      Math.min(wanted.length, candidate.length) >= 3 &&
      (candidate.startsWith(wanted) || wanted.startsWith(candidate))
    const edits = editDistance(wanted, candidate)
    const distance = isStart ? Math.min(edits, 1.5) : edits
    const isNear = isStart || edits <= mostEdits(Math.min(wanted.length, candidate.length))
    if (isNear && distance < (best?.distance ?? Infinity)) best = { name, distance }
  }
  return best?.name
}

/** Of names with one or two letters, none is near another. */
const mostEdits = (length: number): number => (length < 3 ? 0 : Math.max(1, Math.floor(length / 3)))

/** How many letters must be put in, left out, replaced or swapped with their neighbour. */
export function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (isSame ? 0 : 1),
          isSwap ? (beforeLast[column - 2] ?? Infinity) + 1 : Infinity,
        ),
      )
    }
    beforeLast = last
    last = current
  }
  return last[to.length] ?? 0
}

/** Without case, punctuation and plural. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/ies$/, 'y')
    .replace(/s$/, '')
