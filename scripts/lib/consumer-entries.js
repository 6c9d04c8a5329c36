import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.js'

/** @typedef {{ names?: string[], error?: string }} Report - of one entry point */

/*
 * One process imports and another requires, so that neither finds the other's work. Each prints, for every entry point
 * named on its command line, the names it exports or why it does not load.
 */
const importer = scriptWith('(entry) => import(entry)')
const requirer = scriptWith('(entry) => require(entry)')

/** @param {string} load */
function scriptWith(load) {
  return `
const load = ${load}
const report = async (entry) => {
  try {
    const names = Object.keys(await load(entry))
    return { names: names.filter((name) => name !== '__esModule').toSorted() }
  } catch (error) {
    return { error: String(error) }
  }
}
Promise.all(process.argv.slice(2).map(report)).then((all) => console.log(JSON.stringify(all)))
`
}

/**
 * Imports and requires every entry point on one Node.
 *
 * @param {readonly string[]} entries
 * @param {{ binary: string, project: string, env: NodeJS.ProcessEnv, signal: AbortSignal }} on
 * @returns {Promise<Map<string, string[]>>} the problems of each entry point
 */
export async function problemsOfEntry(entries, { binary, project, env, signal }) {
  writeFileSync(join(project, 'importer.mjs'), importer)
  writeFileSync(join(project, 'requirer.cjs'), requirer)
  /** @param {string} script */
  const exportsBy = (script) =>
    runCommand(binary, [script, ...entries], { cwd: project, env, signal, timeoutMs: 60_000 })
  const [imported, required] = await Promise.all([exportsBy('importer.mjs'), exportsBy('requirer.cjs')])

  return new Map(
    entries.map((entry, index) => [
      entry,
      [...compare(reportOf(imported, index), reportOf(required, index))],
    ]),
  )
}

/**
 * @param {Report} imported
 * @param {Report} required
 */
function* compare(imported, required) {
  if (imported.error !== undefined) yield `import: ${imported.error}`
  if (required.error !== undefined) yield `require: ${required.error}`
  if (!imported.names || !required.names) return
  if (imported.names.length === 0) yield 'it exports nothing'
  if (imported.names.join() !== required.names.join()) {
    yield `import gives ${imported.names.join()}; require gives ${required.names.join()}`
  }
}

/**
 * @param {import('./run-command.js').CommandResult} result
 * @param {number} index - of the entry point
 * @returns {Report}
 */
function reportOf(result, index) {
  if (!result.ok) return { error: `${result.ending}\n${result.output}` }
  // A user who imports us is not to be warned of anything by Node.
  if (result.stderr !== '') return { error: result.stderr }
  return JSON.parse(result.stdout)[index]
}
