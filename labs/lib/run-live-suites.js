import { join } from 'node:path'
import { runVitest } from '../../scripts/lib/vitest-suite.js'
import { rootDirectory } from '../../scripts/lib/workspace.js'

/** @import { CommandOptions, CommandResult } from '../../scripts/lib/run-command.js' */
/** @import { Counts } from '../../scripts/lib/counts.js' */

/**
 * @typedef {object} LiveSuites
 * @property {string} reportFile - written, read and removed
 * @property {readonly string[]} files - parts of paths
 * @property {readonly string[]} [within] - goes before the command, such as `insideNetwork`
 */

/**
 * Runs live suites and counts their tests; within half an hour, unless it is told otherwise.
 *
 * @param {LiveSuites} suites
 * @param {CommandOptions} options - `env` is added to this process's own
 * @returns {Promise<CommandResult & { counts: Counts }>}
 */
export async function runLiveSuites({ reportFile, files, within = [] }, { env, ...options }) {
  return runVitest(
    {
      reportFile,
      command: [...within, process.execPath, join(rootDirectory, 'node_modules/vitest/vitest.mjs'), 'run'],
      args: ['--config', join(rootDirectory, 'vitest.live.config.ts'), ...files],
    },
    { timeoutMs: 30 * 60_000, ...options, env: { ...process.env, ...env } },
  )
}

/**
 * Runs a command where a daemon's ports and its machines' addresses can be reached.
 *
 * @param {{ namespacePath: string }} place - with a network namespace of its own
 * @returns {readonly string[]} goes before the command
 */
export const insideNetwork = ({ namespacePath }) => ['nsenter', `--net=${namespacePath}`]
