/**
 * Prints a plain table, aligned for reading in a terminal: numbers to the right, words to the left.
 *
 * @param {string} title - the line above the table
 * @param {readonly string[]} columns - the heading of each column
 * @param {readonly (readonly (string | number)[])[]} rows - numbers are grouped by thousands; give a string to choose the format
 */
export function printTable(title, columns, rows) {
  console.log(`\n${title}\n\n${formatTable(columns, rows)}`)
}

/**
 * The same table as text, without a trailing newline.
 *
 * @param {readonly string[]} columns
 * @param {readonly (readonly (string | number)[])[]} rows
 * @returns {string}
 */
export function formatTable(columns, rows) {
  const cells = rows.map((row) => columns.map((_, index) => cellText(row[index])))
  const widths = columns.map((name, index) =>
    Math.max(name.length, ...cells.map((row) => row[index]?.length ?? 0)),
  )
  const toRight = columns.map(
    (_, index) => rows.length > 0 && rows.every((row) => typeof row[index] === 'number'),
  )
  /** @param {readonly string[]} row */
  const line = (row) =>
    row
      .map((text, index) => {
        const width = widths[index] ?? 0
        return toRight[index] ? text.padStart(width) : text.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [line(columns), rule, ...cells.map(line)].join('\n')
}

/**
 * @param {string | number | undefined} value
 * @returns {string}
 */
function cellText(value) {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 })
}
