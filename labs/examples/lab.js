import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sumCounts } from '../../scripts/lib/counts.js'
import { runCommand } from '../../scripts/lib/run-command.js'
import { rootDirectory } from '../../scripts/lib/workspace.js'
import { installMissing } from '../lib/install-missing.js'

/** @import { Counts } from '../../scripts/lib/counts.js' */
/** @import { LabContext } from '../lib/contract.js' */

/*
 * The guides' examples on the real tmux, Redis and HAProxy, which each test starts for itself.
 */

const needed = ['tmux', 'redis-server', 'haproxy'].map((name) => ({
  packageName: name,
  // Debian has haproxy in /usr/sbin, which a user's PATH may lack.
  there: `PATH=$PATH:/usr/sbin command -v ${name}`,
}))

/** @param {LabContext} context */
export async function up({ signal, log }) {
  await installMissing(needed, { signal, log })
}

/**
 * @param {LabContext} context
 * @returns {Promise<Counts>}
 */
export async function test({ runSuites, signal }) {
  const suites = await runSuites(['examples/'], { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` })
  return sumCounts([suites, await runNodeTests(signal)])
}

/** Nothing is left running: each test ends what it started. */
export async function down() {}

/**
 * Examples for Node's own test runner, on the packages as they are built.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<Counts>}
 */
async function runNodeTests(signal) {
  const examples = join(rootDirectory, 'examples')
  const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^[^/]+\/node-test\/.*\.test\.js$/.test(file),
  )
  const args = ['--test', '--test-reporter=tap', ...files.map((file) => join(examples, file))]
  const { ok, output } = await runCommand(process.execPath, args, { signal, timeoutMs: 120_000 })
  const count = (/** @type {string} */ what) =>
    Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  const [passed, failed] = [count('pass'), count('fail')]
  if (ok && passed > 0) return { passed, failed, skipped: 0 }
  console.log(output)
  return { passed, failed: Math.max(1, failed), skipped: 0 }
}
