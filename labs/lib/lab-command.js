import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { formatCounts } from '../../scripts/lib/counts.js'
import { runLab } from './run-lab.js'
import { runLiveSuites } from './run-live-suites.js'

/** @import { Lab, LabContext } from './contract.js' */

const usage = `npm run lab -- NAME [--keep | --down]

Brings up the real daemon, runs its contract and end-to-end suites, takes it down.
  --keep   leaves it up for work by hand
  --down   only takes down what an earlier run left up`

/**
 * The command `npm run lab`.
 *
 * @param {readonly string[]} args - of the command line
 * @param {string} labsDirectory - with a folder for each lab
 * @returns {Promise<number>} the exit code
 */
export async function labCommand(args, labsDirectory) {
  const { name, keep, down, help, problem } = readArgs(args)
  if (problem !== undefined || name === undefined) {
    console.error(`${problem ? `${problem}\n\n` : ''}${usage}\n\nLabs: ${labsIn(labsDirectory).join(', ')}`)
    return help ? 0 : 2
  }
  const file = join(labsDirectory, name, 'lab.js')
  if (!existsSync(file)) {
    console.error(`no lab is named ${name}; there are: ${labsIn(labsDirectory).join(', ')}`)
    return 1
  }

  /** @type {Lab} */
  const lab = await import(pathToFileURL(file).href)
  const stop = new AbortController()
  let firstMs = 0
  const onSignal = (/** @type {NodeJS.Signals} */ signal) => {
    if (stop.signal.aborted) {
      // npm passes on the Ctrl-C that the terminal has sent here already; later ones are somebody who does not want to wait.
      if (performance.now() - firstMs > 1_000) process.exit(130)
      return
    }
    firstMs = performance.now()
    console.log(`${signal}: taking the ${name} lab down ...`)
    stop.abort(new Error(`stopped by ${signal}`))
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const reports = mkdtempSync(join(tmpdir(), 'flotilla-lab-'))
  try {
    const context = contextOf(name, join(labsDirectory, name), reports, stop.signal)
    const counts = await runLab(lab, context, { stop: stop.signal, keep, onlyDown: down })
    console.log(formatCounts(counts))
    return counts.failed > 0 || (!down && counts.passed === 0) ? 1 : 0
  } finally {
    rmSync(reports, { recursive: true, force: true })
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** @param {readonly string[]} args */
function readArgs(args) {
  /** @type {{ name?: string, keep?: boolean, down?: boolean, help?: boolean, problem?: string }} */
  const read = {}
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        keep: { type: 'boolean', default: false },
        down: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    Object.assign(read, values)
    const [name] = positionals
    if (positionals.length > 1) read.problem = 'one lab at a time'
    else if (values.keep && values.down) read.problem = '--keep and --down exclude each other'
    // The name becomes part of a path.
    else if (name !== undefined && !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name))
      read.problem = `no lab can be named ${name}`
    else if (name !== undefined && !values.help) read.name = name
  } catch (error) {
    read.problem = error instanceof Error ? error.message : String(error)
  }
  return read
}

/**
 * @param {string} name
 * @param {string} directory
 * @param {string} reports - a folder for the suites' reports
 * @param {AbortSignal} signal
 * @returns {Omit<LabContext, 'signal'>}
 */
function contextOf(name, directory, reports, signal) {
  return {
    name,
    directory,
    workDirectory: join(directory, '.flotilla'),
    log: (line) => console.log(`[${name}] ${line}`),
    runSuites: async (files, env = {}) => {
      const { counts } = await runLiveSuites(
        { reportFile: join(reports, 'report.json'), files },
        { env, signal, show: true, timeoutMs: 2 ** 31 - 1 },
      )
      return counts
    },
  }
}

/** @param {string} labsDirectory */
function labsIn(labsDirectory) {
  return readdirSync(labsDirectory).filter((name) => existsSync(join(labsDirectory, name, 'lab.js')))
}
