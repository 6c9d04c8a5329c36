import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.js'
import { rootDirectory } from './workspace.js'

/** @import { Counts } from './counts.js' */
/** @import { CommandOptions, CommandResult } from './run-command.js' */

const vitest = join(rootDirectory, 'node_modules/vitest/vitest.mjs')

/**
 * What to run, and where its report may be written.
 *
 * @typedef {object} Suite
 * @property {string} reportFile - written, read and removed
 * @property {readonly string[]} [command] - by default vitest itself on this Node
 * @property {readonly string[]} [args] - such as parts of the test files' paths
 */

/**
 * Runs a vitest suite and counts its tests.
 *
 * @param {Suite} suite
 * @param {CommandOptions} [options]
 * @returns {Promise<CommandResult & { counts: Counts }>}
 */
export async function runVitest({ reportFile, command, args = [] }, options = {}) {
  const [program = process.execPath, ...first] = command ?? [process.execPath, vitest, 'run']
  const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const result = await runCommand(program, [...first, ...args, ...report], { cwd: rootDirectory, ...options })
  const counts = readReport(reportFile)
  rmSync(reportFile, { force: true })
  // A file that does not load, an unhandled rejection and a suite without a test fail no test, and are no pass.
  const unseen = counts.failed === 0 && (!result.ok || counts.passed === 0)
  return { ...result, ok: result.ok && !unseen, counts: unseen ? { ...counts, failed: 1 } : counts }
}

/**
 * @param {string} reportFile - of vitest's json reporter
 * @returns {Counts}
 */
function readReport(reportFile) {
  try {
    /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number }} */
    const report = JSON.parse(readFileSync(reportFile, 'utf8'))
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests }
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  }
}
