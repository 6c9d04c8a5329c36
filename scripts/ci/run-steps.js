import { inspect } from 'node:util'
import { formatTable } from '../../bench/lib/table.js'
import { formatCounts, sumCounts } from '../lib/counts.js'

/** @import { Counts } from '../lib/counts.js' */
/** @import { Outcome, Step } from './step.js' */

/**
 * Runs every step, also after one that failed; says how each ends and shows the output of those that fail; closes with
 * a table and one line that counts all.
 *
 * @param {readonly Step[]} steps
 * @param {AbortSignal} signal - ends the step that runs; the later ones count as failed
 * @param {(line: string) => void} [print]
 * @returns {Promise<Counts>}
 */
export async function runSteps(steps, signal, print = console.log) {
  /** @type {{ step: Step, counts: Counts, seconds: number, output: string }[]} */
  const done = []
  for (const [index, step] of steps.entries()) {
    const title = `[${index + 1}/${steps.length}] ${step.name}`
    print(`${title} ...`)
    const startedMs = performance.now()
    const { counts, output } = await outcomeOf(step, signal)
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10
    done.push({ step, counts, seconds, output })
    if (counts.failed > 0) print(quoted(output))
    print(`${title}: ${counts.failed > 0 ? 'FAILED' : 'ok'}, ${seconds} s`)
  }

  const rows = done.map(({ step, counts: { passed, failed, skipped }, seconds }) => [
    step.name,
    failed > 0 ? 'FAILED' : 'ok',
    seconds,
    passed,
    failed,
    skipped,
  ])
  print(`\n${formatTable(['step', '', 'seconds', 'passed', 'failed', 'skipped'], rows)}\n`)
  for (const { step, counts, output } of done) {
    if (counts.failed > 0) print(`failed in ${step.name}:\n${failuresIn(output)}\n`)
  }
  const total = sumCounts(done.map(({ counts }) => counts))
  print(formatCounts(total))
  return total
}

/**
 * The end of a step's output, where what went wrong stands; set apart, so that no line of it is taken for one of ours.
 *
 * @param {string} output
 */
function quoted(output) {
  const lines = output.trim().split('\n')
  const shown = lines.slice(-300)
  if (lines.length > shown.length) shown.unshift(`(${lines.length - shown.length} lines before)`)
  return shown.map((line) => `  | ${line}`).join('\n')
}

/** Lines of one failed test: a property's seed and what broke it, or a difference, stand in the first ones. */
const linesOfFailure = 25

/**
 * The failed tests and what each said, once more at the end, where one looks; the last line where no test is named.
 *
 * @param {string} output
 */
function failuresIn(output) {
  const lines = output.trim().split('\n')
  const named = lines.flatMap((line, index) => (/^\s*FAIL\s/.test(line) ? [failureAt(lines, index)] : []))
  const shown = [...new Set(named)].slice(0, 20).flatMap((failure) => failure.split('\n'))
  return (shown.length > 0 ? shown : lines.slice(-1)).map((line) => `  | ${line}`).join('\n')
}

/**
 * @param {readonly string[]} lines
 * @param {number} index - of the line that names the test
 */
function failureAt(lines, index) {
  const rest = lines.slice(index + 1, index + linesOfFailure)
  const end = rest.findIndex((line) => /^\s*FAIL\s|^⎯|^\s*❯ /.test(line))
  const said = end === -1 ? rest : rest.slice(0, end)
  return [lines[index], ...said]
    .map((line = '') => line.trimEnd().slice(0, 1_000))
    .join('\n')
    .trim()
}

/**
 * @param {Step} step
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>}
 */
async function outcomeOf(step, signal) {
  try {
    signal.throwIfAborted()
    return await step.run(signal)
  } catch (error) {
    return { counts: { passed: 0, failed: 1, skipped: 0 }, output: inspect(error) }
  }
}
