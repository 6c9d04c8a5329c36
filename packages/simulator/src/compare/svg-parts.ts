/** A panel of a picture: where it stands, and how values become places in it. */
export interface Panel {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  /** The value at its upper edge; 0 is at its lower. */
  readonly most: number
}

const place = (value: number): string => value.toFixed(1).replace(/\.0$/, '')

/** One step per value, from the left edge to the right. */
export function stepPath(values: readonly number[], panel: Panel): string {
  const step = panel.width / Math.max(1, values.length)
  let steps = ''
  let lastY = ''
  for (const [index, value] of values.entries()) {
    const y = place(yOf(value, panel))
    if (index === 0) steps = `M${place(panel.left)} ${y}`
    else if (y !== lastY) steps += `H${place(panel.left + index * step)}V${y}`
    lastY = y
  }
  return `${steps}H${place(panel.left + panel.width)}`
}

/** The same with everything below it. */
export function areaPath(values: readonly number[], panel: Panel): string {
  const floor = place(panel.top + panel.height)
  return `${stepPath(values, panel)}V${floor}H${place(panel.left)}Z`
}

function yOf(value: number, { top, height, most }: Panel): number {
  return top + height * (1 - Math.min(1, Math.max(0, value / most)))
}

export interface TextStyle {
  /** Longer words are shortened, and shown whole by whoever points at them. */
  readonly mostLetters?: number | undefined
  readonly size?: number | undefined
  readonly fill?: string | undefined
  readonly anchor?: 'start' | 'middle' | 'end' | undefined
  readonly bold?: boolean | undefined
}

export function text(x: number, y: number, words: string, style: TextStyle = {}): string {
  const { size = 11, fill = '#333', anchor = 'start', bold = false } = style
  const { mostLetters = Infinity } = style
  const weight = bold ? ' font-weight="bold"' : ''
  const letters = Array.from(words)
  const isLong = letters.length > mostLetters
  const shown = isLong ? `${letters.slice(0, mostLetters - 1).join('')}…` : words
  const whole = isLong ? `<title>${escaped(words)}</title>` : ''
  return `<text x="${place(x)}" y="${place(y)}" font-size="${size}" fill="${fill}" text-anchor="${anchor}"${weight}>${escaped(shown)}${whole}</text>`
}

export function path(d: string, attributes: string): string {
  return `<path d="${d}" ${attributes}/>`
}

/** The panel's floor, its lines at half and full height, and what they stand for. */
export function grid(panel: Panel, unit: string): string {
  const lines = [0, 0.5, 1].map((share) => {
    const y = panel.top + panel.height * (1 - share)
    const line = path(`M${place(panel.left)} ${place(y)}h${place(panel.width)}`, 'stroke="#ddd" fill="none"')
    const label = share === 0 ? '0' : `${brief(panel.most * share)}${share === 1 ? unit : ''}`
    return line + text(panel.left - 6, y + 4, label, { anchor: 'end', size: 10, fill: '#777' })
  })
  return lines.join('')
}

/** A whole number that is easy to read, at or above the value. */
export function roundedUp(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const steps = [1, 1.5, 2, 3, 4, 5, 6, 8, 10]
  return (steps.find((step) => step * power >= value) ?? 10) * power
}

function brief(value: number): string {
  return String(Number(value.toPrecision(3)))
}

/** What XML has no place for, escaped or not: control characters, halves of a surrogate pair, and two that are no characters. */
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu

/** Safe between tags and inside quoted attributes. */
export function escaped(words: string): string {
  return words.replace(unprintable, '\ufffd').replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
