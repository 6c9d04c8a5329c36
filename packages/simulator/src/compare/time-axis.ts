import { type Panel, path, text } from './svg-parts.js'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const stepsMs = [
  minute,
  5 * minute,
  15 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  28 * day,
]
const mostTicks = 10

/** Time since the replay began along a panel's width, with lines upwards to `top`. */
export function timeAxis(panel: Panel, fromMs: number, toMs: number, top: number): string {
  const spanMs = Math.max(1, toMs - fromMs)
  const stepMs = stepsMs.find((step) => spanMs / step <= mostTicks) ?? Math.ceil(spanMs / mostTicks)
  const floor = panel.top + panel.height
  const parts: string[] = []
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= toMs; at += stepMs) {
    const x = panel.left + ((at - fromMs) / spanMs) * panel.width
    parts.push(path(`M${x.toFixed(1)} ${top}V${floor + 4}`, 'stroke="#eee" fill="none"'))
    parts.push(text(x, floor + 17, elapsed(at), { anchor: 'middle', size: 10, fill: '#777' }))
  }
  return parts.join('')
}

function elapsed(ms: number): string {
  if (ms === 0) return '0'
  if (ms % day === 0) return `${ms / day} d`
  const days = Math.floor(ms / day)
  const hours = Math.floor((ms % day) / hour)
  const minutes = String(Math.floor((ms % hour) / minute)).padStart(2, '0')
  return `${days === 0 ? '' : `${days} d `}${hours}:${minutes}`
}
