import { readCounts } from '../lib/counts.js'
import { runCommand } from '../lib/run-command.js'
import { rootDirectory } from '../lib/workspace.js'

/** @import { Counts } from '../lib/counts.js' */

/**
 * @typedef {object} Outcome
 * @property {Counts} counts - a failure among them fails the step
 * @property {string} output - shown when it failed
 */

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {(signal: AbortSignal) => Promise<Outcome>} run - a rejection is a failure
 */

/**
 * A step that is one check: it holds when the command ends well, and what it printed passes.
 *
 * @param {string} name
 * @param {readonly string[]} command
 * @param {(output: string) => string | undefined} [problemOf] - what is wrong with the output of a command that ended well
 * @returns {Step}
 */
export function oneCheck(name, [program = '', ...args], problemOf = () => undefined) {
  return {
    name,
    run: async (signal) => {
      const { ok, ending, output } = await runCommand(program, args, { cwd: rootDirectory, signal })
      const problem = ok ? problemOf(output) : ending
      const failed = problem === undefined ? 0 : 1
      return { counts: { passed: 1 - failed, failed, skipped: 0 }, output: `${output}\n${problem ?? ''}` }
    },
  }
}

/**
 * A step whose command counts its own checks and says so in its closing line.
 *
 * @param {string} name
 * @param {readonly string[]} command
 * @param {{ timeoutMs?: number, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Step}
 */
export function countedChecks(name, [program = '', ...args], options = {}) {
  return {
    name,
    run: async (signal) => {
      const result = await runCommand(program, args, { cwd: rootDirectory, signal, ...options })
      const counts = readCounts(result.output) ?? { passed: 0, failed: 0, skipped: 0 }
      const unseen = counts.failed === 0 && (!result.ok || counts.passed === 0)
      return {
        counts: unseen ? { ...counts, failed: 1 } : counts,
        output: `${result.output}\n${result.ok ? '' : result.ending}`,
      }
    },
  }
}
