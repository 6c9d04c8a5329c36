import { inspect } from 'node:util'

/** A value of any kind in at most about 60 characters, for a reason or a problem. Never throws. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value, 60))
  try {
    const text = inspect(value, { depth: 0, breakLength: Infinity, maxArrayLength: 3, customInspect: false })
    return shortened(text, 60)
  } catch {
    return `a value of type ${typeof value}`
  }
}

/** A text on one line and of bounded length. */
export function shortened(text: string, length: number): string {
  const line = text
    .slice(0, length * 4)
    .replace(/\s+/g, ' ')
    .trim()
  return line.length <= length ? line : `${line.slice(0, length)}…`
}
