/** What a pointer led to. */
export type Pointed =
  | { readonly found: true; readonly value: unknown }
  | { readonly found: false; readonly missing: string }

/** Whether a text is a JSON pointer: empty, or parts that each begin with `/`, with `~` only as `~0` or `~1`. */
export function isJsonPointer(text: string): boolean {
  return /^(?:\/(?:[^~/]|~[01])*)*$/.test(text)
}

/**
 * The part of a JSON document that a pointer names; else the shortest beginning of the pointer that leads nowhere.
 *
 * @param pointer - `''` is the whole document; `/queue/0/depth` goes down; `~1` stands for `/` and `~0` for `~`
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export function resolvePointer(document: unknown, pointer: string): Pointed {
  let value = document
  let path = ''
  for (const part of pointer.split('/').slice(1)) {
    path += `/${part}`
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value)) {
      const isIndex = /^(?:0|[1-9]\d*)$/.test(key)
      if (!isIndex || Number(key) >= value.length) return { found: false, missing: path }
      value = value[Number(key)]
    } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, key)) {
      value = (value as Readonly<Record<string, unknown>>)[key]
    } else return { found: false, missing: path }
  }
  return { found: true, value }
}
