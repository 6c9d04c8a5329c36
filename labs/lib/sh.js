import { runCommand } from '../../scripts/lib/run-command.js'

/**
 * What a command prints.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ signal?: AbortSignal, timeoutMs?: number, env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<string>}
 * @throws Error with what it said, when it fails
 */
export async function sh(command, args, options = {}) {
  const { ok, ending, output, stdout } = await runCommand(command, args, { timeoutMs: 120_000, ...options })
  if (!ok) throw new Error(`${command} ${args.join(' ')}: ${ending}\n${output.trimEnd()}`)
  return stdout
}
