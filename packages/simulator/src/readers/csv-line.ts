/** The fields of one line, without the blanks around them. Quoted ones may hold the separator, and `""` for a quote. */
export function fieldsOf(line: string, separator: string): readonly string[] {
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
  return [...fields, field.trim()]
}
