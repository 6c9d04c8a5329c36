/**
 * The fields of one line, without the blanks around them. Quoted ones may hold the separator, and `""` for a quote.
 * Undefined when a quote is not closed: the field goes on in the next line, or the line is cut off.
 */
export function fieldsOf(line: string, separator: string): readonly string[] | undefined {
  // Most lines have no quotes, and most files are long.
  if (!line.includes('"')) return line.split(separator).map((field) => field.trim())
  const fields: string[] = []
  let field = ''
  let isQuoted = false
  for (let index = 0; index < line.length; index += 1) {
    const sign = line[index] ?? ''
    if (isQuoted) {
      if (sign !== '"') field += sign
      else if (line[index + 1] === '"') {
        field += '"'
        index += 1
      } else isQuoted = false
    } else if (sign === '"' && field.trim() === '') {
      isQuoted = true
      field = ''
    } else if (line.startsWith(separator, index)) {
      fields.push(field.trim())
      field = ''
      index += separator.length - 1
    } else field += sign
  }
  return isQuoted ? undefined : [...fields, field.trim()]
}

/** The lines of a text with their numbers, from 1. Empty ones are left out. */
export function* linesOf(text: string): Generator<{ readonly line: string; readonly number: number }> {
  let from = text.startsWith('\uFEFF') ? 1 : 0
  for (let number = 1; from < text.length; number += 1) {
    const found = text.indexOf('\n', from)
    const to = found === -1 ? text.length : found
    const line = text.slice(from, text[to - 1] === '\r' ? to - 1 : to)
    if (line.trim() !== '') yield { line, number }
    from = to + 1
  }
}
