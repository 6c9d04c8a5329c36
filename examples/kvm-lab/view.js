import { clearScreenDown, moveCursor } from 'node:readline'
import { styleText } from 'node:util'

/** @typedef {import('@flotilla/core').Autoscaler} Autoscaler */
/** @typedef {import('@flotilla/core').TrackedInstance} TrackedInstance */

const barWidth = 30
const logLines = 12
/** Samples in the line of the average's course. */
const courseLength = 40
const colour = new RegExp(`(${String.fromCodePoint(27)}\\[\\d+m)`)
const blocks = '▁▂▃▄▅▆▇█'

/**
 * Shows a group of machines with their CPU: a picture that is drawn anew in a terminal, lines elsewhere.
 *
 * @param {NodeJS.WriteStream} out
 * @param {Autoscaler} group
 */
export function createView(out, group) {
  /** @type {string[]} */
  const log = []
  /** @type {number[]} */
  const course = []
  let drawn = 0
  const erase = () => {
    if (drawn > 0) moveCursor(out, 0, -drawn)
    clearScreenDown(out)
    drawn = 0
  }
  const tell = (/** @type {string} */ line) => {
    const stamped = `${new Date().toTimeString().slice(0, 8)}  ${line}`
    log.push(stamped)
    if (!out.isTTY) out.write(`${stamped}\n`)
  }

  group.on('scaled', ({ from, to, reason }) => tell(`${bold(`${from} -> ${to}`)}  ${reason}`))
  group.on('instance', ({ instance, to, reason }) => tell(`  ${shortName(instance)} ${to}: ${reason}`))
  group.on('problem', ({ message }) => tell(styleText('red', `! ${message}`)))
  group.on('recovered', ({ kind }) => tell(`  over: ${kind}`))
  group.on('tick', () => {
    const { instances } = group.status()
    const values = instances
      .filter(({ state }) => state === 'in-service')
      .flatMap(({ id }) => valueOf(group, 'cpu', id) ?? [])
    if (values.length > 0) course.push(values.reduce((sum, one) => sum + one, 0) / values.length)
    if (course.length > courseLength) course.shift()
    if (!out.isTTY) out.write(`${new Date().toTimeString().slice(0, 8)}  ${summary(group, course)}\n`)
  })

  return {
    tell,

    show() {
      if (!out.isTTY) return
      const width = Math.max(40, (out.columns ?? 80) - 1)
      const lines = [...picture(group, course), '', ...log.slice(-logLines)].map((line) => cut(line, width))
      erase()
      out.write(`${lines.join('\n')}\n`)
      drawn = lines.length
    },

    /** Leaves what is on the screen, with every line that was told. */
    end() {
      if (!out.isTTY) return
      erase()
      out.write(`${log.join('\n')}\n`)
    },
  }
}

/**
 * @param {Autoscaler} group
 * @param {readonly number[]} course
 * @returns {string[]}
 */
function picture(group, course) {
  const { instances, min, max } = group.status()
  const line = course.map((value) => {
    const block = blocks[Math.round(Math.min(1, value) * (blocks.length - 1))] ?? ' '
    return styleText(colourOf(value), block)
  })
  const rows = instances
    .toSorted((one, other) => one.createdAt - other.createdAt)
    .map((one) => row(group, one))
  return [
    `${bold(summary(group, course))}  (${min}..${max})`,
    `average  ${line.join('')}`,
    '',
    styleText('gray', `  ${'machine'.padEnd(18)} ${'address'.padEnd(16)} ${'state'.padEnd(12)} CPU`),
    ...rows,
  ]
}

/**
 * @param {Autoscaler} group
 * @param {TrackedInstance} instance
 */
function row(group, instance) {
  const { id, state, address } = instance
  const cpu = valueOf(group, 'cpu', id)
  const filled = Math.round(Math.min(1, cpu ?? 0) * barWidth)
  const bar =
    styleText(colourOf(cpu ?? 0), '█'.repeat(filled)) + styleText('gray', '░'.repeat(barWidth - filled))
  const shown = cpu === undefined ? '   -' : percent(cpu).padStart(5)
  const life = styleText(state === 'in-service' ? 'green' : 'yellow', state.padEnd(12))
  return `  ${shortName(instance).padEnd(18)} ${(address?.host ?? '-').padEnd(16)} ${life} ${bar} ${shown}`
}

/**
 * @param {Autoscaler} group
 * @param {readonly number[]} course
 */
function summary(group, course) {
  const { instances, desired } = group.status()
  const ready = instances.filter(({ state }) => state === 'in-service').length
  const average = course.at(-1)
  return `${ready} of ${desired ?? '?'} machines in service, CPU ${average === undefined ? '-' : percent(average)}`
}

/**
 * @param {Autoscaler} group
 * @param {string} name
 * @param {string} id
 */
function valueOf(group, name, id) {
  const reading = group.status().readings.find((one) => one.name === name && one.instanceId === id)
  return reading?.kind === 'value' ? reading.value : undefined
}

/**
 * Its name, without what all have in common.
 *
 * @param {{ name: string }} instance
 */
const shortName = ({ name }) => name.replace(/^flotilla\./, '')

/** @param {number} cpu */
const colourOf = (cpu) => (cpu > 0.7 ? 'red' : cpu > 0.3 ? 'yellow' : 'green')

/** @param {number} ratio */
const percent = (ratio) => `${Math.round(100 * ratio)} %`

/** @param {string} text */
const bold = (text) => styleText('bold', text)

/**
 * The line as far as it fits: colours take no room.
 *
 * @param {string} line
 * @param {number} width
 */
function cut(line, width) {
  let left = width
  return line
    .split(colour)
    .map((part) => {
      if (colour.test(part)) return part
      const kept = part.slice(0, left)
      left -= kept.length
      return kept
    })
    .join('')
}
