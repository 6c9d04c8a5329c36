import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../../scripts/lib/run-command.js'
import { sh } from '../sh.js'

/**
 * Debian packages that are unpacked into a folder, and never installed.
 *
 * @typedef {object} Debs
 * @property {string} directory - where downloaded ones are kept
 * @property {AbortSignal} signal
 */

/**
 * @param {Debs} debs
 * @param {string} name - of the package
 * @param {string} into - folder
 */
export async function unpackDeb(debs, name, into) {
  await sh('dpkg-deb', ['-x', await debFile(debs, name), into], { signal: debs.signal })
}

/**
 * What a package without files depends on, such as the kernel of today.
 *
 * @param {Debs} debs
 * @param {string} name
 * @param {RegExp} pattern - of the package looked for
 */
export async function dependencyOf(debs, name, pattern) {
  const text = await sh('dpkg-deb', ['-f', await debFile(debs, name), 'Depends'], { signal: debs.signal })
  const found = pattern.exec(text)?.[0]
  if (found === undefined) throw new Error(`${name} depends on ${text.trim()}: none is ${pattern}`)
  return found
}

/**
 * @param {Debs} debs
 * @param {string} name
 * @returns {Promise<string>} path
 */
async function debFile({ directory, signal }, name) {
  mkdirSync(directory, { recursive: true })
  const find = () => readdirSync(directory).find((file) => file.startsWith(`${name}_`))
  const download = () =>
    runCommand('apt-get', ['-qq', 'download', name], { cwd: directory, signal, timeoutMs: 300_000 })
  if (find() === undefined && !(await download()).ok) {
    // The lists of packages are missing, or are older than the mirror.
    await sh('apt-get', ['update', '-q'], { signal, timeoutMs: 300_000 })
    await download()
  }
  const file = find()
  if (file === undefined) throw new Error(`apt-get download ${name} brought nothing`)
  return join(directory, file)
}
