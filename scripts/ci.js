import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runSteps } from './ci/run-steps.js'
import { countedChecks, oneCheck } from './ci/step.js'
import { environmentOf, nodeBinary, ownNode, testedNodes } from './lib/other-node.js'
import { withTempDirectory } from './lib/temp-directory.js'
import { runVitest } from './lib/vitest-suite.js'
import { rootDirectory } from './lib/workspace.js'

/** @import { Step } from './ci/step.js' */

/** What goes by files, processes, sockets, streams and timers. All else computes, or goes by fakes. */
const suitesOfTheRuntime = [
  'packages/backend-process',
  'packages/balancer-proxy',
  'packages/balancer-nginx',
  'packages/libvirt',
  'packages/openstack-client',
  'packages/core/test/state',
  'packages/core/test/metrics',
  'packages/core/test/probes',
  'labs/test',
  'scripts/test',
]

/**
 * All that has to hold before a change lands, on a clean checkout and a machine with nothing but Node and npm. Every
 * step is a command that anybody can run by hand.
 */
await withTempDirectory('flotilla-ci-', async (directory, signal) => {
  // Whatever a step leaves among the temporary files goes with ours. Some tests go on as a user with fewer rights.
  chmodSync(directory, 0o755)
  process.env['TMPDIR'] = directory
  process.env['NO_COLOR'] = '1'
  const { failed, passed } = await runSteps(stepsIn(directory), signal)
  if (failed > 0 || passed === 0) process.exitCode ||= 1
})

/**
 * @param {string} directory - for reports
 * @returns {Step[]}
 */
function stepsIn(directory) {
  const reportFile = join(directory, 'report.json')
  return [
    {
      name: 'npm test',
      run: (signal) =>
        runVitest(
          { reportFile, command: ['npm', 'test', '--'] },
          { signal, env: { ...process.env, FLOTILLA_TEST_RUNS: 'full' }, timeoutMs: 900_000 },
        ),
    },
    oneCheck('lint', ['npm', 'run', 'lint']),
    oneCheck('types and build', ['npm', 'run', 'build']),
    countedChecks('publint', ['node', 'scripts/publint.js']),
    countedChecks('pack-check', ['node', 'scripts/pack-check.js']),
    countedChecks('attw', ['node', 'scripts/attw.js']),
    oneCheck('knip', ['npm', 'run', '-s', 'knip']),
    countedChecks('docs', ['node', 'scripts/docs.js', join(directory, 'site')], { timeoutMs: 1_200_000 }),
    ...testedNodes.filter((major) => major !== ownNode).map((major) => testsOn(major, reportFile)),
    ...demo(),
    ...chaos(),
    ...labs(),
  ]
}

/**
 * All tests on the oldest line and on the newest; between them, those that a Node can make a difference to.
 *
 * @param {number} major
 * @param {string} reportFile
 * @returns {Step}
 */
function testsOn(major, reportFile) {
  const isBetween = major > Math.min(...testedNodes) && major < Math.max(...testedNodes)
  return {
    name: `tests on Node ${major}`,
    run: async (signal) => {
      const binary = await nodeBinary(major, signal)
      const command = [binary, join(rootDirectory, 'node_modules/vitest/vitest.mjs'), 'run']
      // What a property finds goes by no Node: its full length is in `npm test` above.
      const env = { ...environmentOf(binary), FLOTILLA_TEST_RUNS: 'short' }
      const args = isBetween ? suitesOfTheRuntime : []
      return runVitest({ reportFile, command, args }, { signal, env, timeoutMs: 900_000 })
    },
  }
}

/** The main job, as a newcomer sees it without a terminal. */
function demo() {
  if (!existsSync(join(rootDirectory, 'examples/demo/main.js'))) return []
  return [oneCheck('npm start', ['npm', 'start'], problemOfDemo)]
}

/**
 * What the demo says at its end has to be good news.
 *
 * @param {string} output
 */
function problemOfDemo(output) {
  if (!/^requests sent [1-9]\d*, failed 0$/m.test(output)) return 'requests failed, or none was sent'
  if (!/^scale events .*: [1-9]\d* out, [1-9]\d* in\b/m.test(output))
    return 'the group did not grow and come back'
  return undefined
}

/** Short runs of the monkey, which need root: for a disk that can be filled, and for an engine of their own. */
function chaos() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return []
  const run = (/** @type {string} */ world, /** @type {string[]} */ ...args) =>
    oneCheck(`chaos ${world}`, ['node', 'bench/run.js', 'chaos', world, ...args, '--seed', '7'])
  return [
    run('process', '--kills', '30', '--acts', '30'),
    run('docker', '--kills', '5', '--acts', '12'),
    run('kvm', '--kills', '5', '--acts', '10'),
  ]
}

/** @returns {Step[]} */
function labs() {
  return readdirSync(join(rootDirectory, 'labs'))
    .filter((name) => existsSync(join(rootDirectory, 'labs', name, 'lab.js')))
    .map((name) => countedChecks(`lab ${name}`, ['node', 'labs/run.js', name], { timeoutMs: 3_600_000 }))
}
