import { clearScreenDown, moveCursor } from 'node:readline'
import { styleText } from 'node:util'

/** @typedef {{ sent: number, failed: number, rate: number, inFlight: number }} LoadCounts */
/** @typedef {{ status: import('@flotilla/core').GroupStatus, load: LoadCounts | undefined, phase: string }} Picture */

const barWidth = 20

/**
 * Shows the group: a picture that is drawn anew in a terminal, a line every two seconds elsewhere.
 *
 * @param {NodeJS.WriteStream} out
 */
export function createView(out) {
  const startMs = performance.now()
  /** @type {string[]} */
  const log = []
  let drawn = 0
  let lastLineMs = -Infinity
  const clock = () => `${((performance.now() - startMs) / 1000).toFixed(1).padStart(5)} s`
  const erase = () => {
    if (drawn > 0) moveCursor(out, 0, -drawn)
    clearScreenDown(out)
    drawn = 0
  }

  return {
    /** @param {string} line - something that happened; it stays */
    tell(line) {
      if (!out.isTTY) out.write(`${clock()}  ${line}\n`)
      log.push(`${clock()}  ${line}`)
    },

    /** @param {Picture} picture */
    show(picture) {
      if (out.isTTY) {
        const lines = [...drawing(picture), '', ...log.slice(-8)].map((line) =>
          line.slice(0, out.columns - 1),
        )
        erase()
        out.write(`${lines.join('\n')}\n`)
        drawn = lines.length
      } else if (performance.now() - lastLineMs >= 2000) {
        lastLineMs = performance.now()
        out.write(`${clock()}  ${summaryLine(picture)}\n`)
      }
    },

    /** Leaves what is on the screen, with every line that was told. */
    end() {
      if (!out.isTTY) return
      erase()
      out.write(`${log.join('\n')}\n`)
    },
  }
}

/** @param {Picture} picture */
function summaryLine({ status, load, phase }) {
  const { desired, instances, readings } = status
  const ready = instances.filter(({ state }) => state === 'in-service').length
  const cpu = readings.filter(({ kind, name }) => kind === 'value' && name === 'cpu')
  const mean =
    cpu.reduce((sum, reading) => sum + (reading.kind === 'value' ? reading.value : 0), 0) / cpu.length
  const sent =
    load === undefined ? '' : `, ${load.rate.toFixed(0)} req/s, ${load.sent} sent, ${load.failed} failed`
  return `${phase}: ${ready} of ${desired ?? '?'} in service, CPU ${cpu.length > 0 ? percent(mean) : '-'}${sent}`
}

/**
 * @param {Picture} picture
 * @returns {string[]}
 */
function drawing(picture) {
  const { instances, readings, desired, min, max } = picture.status
  const valueOf = (/** @type {string} */ name, /** @type {string} */ id) => {
    const reading = readings.find((one) => one.name === name && one.instanceId === id)
    return reading?.kind === 'value' ? reading.value : undefined
  }
  const rows = instances.map(({ id, name, state, address }) => {
    const cpu = valueOf('cpu', id)
    const filled = Math.round(Math.min(1, cpu ?? 0) * barWidth)
    const bar = styleText(colourOf(cpu ?? 0), '#'.repeat(filled)) + '.'.repeat(barWidth - filled)
    const port = address === undefined ? '' : `:${address.port}`
    const life = styleText(state === 'in-service' ? 'green' : 'yellow', state.padEnd(12))
    return `  ${name.padEnd(22)} ${port.padEnd(7)} ${life} ${bar} ${cpu === undefined ? '' : percent(cpu)}`
  })
  return [`${summaryLine(picture)}   desired ${desired ?? '?'} (${min}..${max})`, '', ...rows]
}

/** @param {number} cpu */
const colourOf = (cpu) => (cpu > 0.9 ? 'red' : cpu > 0.6 ? 'yellow' : 'green')

/** @param {number} ratio */
const percent = (ratio) => `${Math.round(100 * ratio)} %`
