import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @import { Places } from '../../labs/openstack/places.js' */

const directory = fileURLToPath(new URL('../../labs/openstack', import.meta.url))

/**
 * The control plane of the bench: one of its own, with names of its own, so that it runs beside the lab's; or that of
 * the lab, which stays as it is.
 *
 * @param {{ isGiven: boolean }} given - whether the lab that is up is used
 * @returns {Promise<{ places: Places, environment: Record<string, string>, up: () => Promise<void>, down: () => Promise<void> }>}
 */
export async function openLab({ isGiven }) {
  // Read when the lab's files are loaded.
  if (!isGiven) process.env['FLOTILLA_LAB_NAME'] ??= 'flotilla-bench'
  const lab = await import('../../labs/openstack/lab.js')
  const { placesOf } = await import('../../labs/openstack/places.js')
  const name = process.env['FLOTILLA_LAB_NAME'] ?? ''
  const workDirectory = isGiven ? join(directory, '.flotilla') : join(tmpdir(), `${name}-openstack-work`)
  const places = placesOf(workDirectory)
  const environment = lab.environmentOf(workDirectory)
  const context = {
    name: 'openstack',
    directory,
    workDirectory,
    signal: new AbortController().signal,
    log: (/** @type {string} */ line) => console.log(`[lab] ${line}`),
    runSuites: async () => {
      throw new Error('a bench runs no suites')
    },
  }
  if (isGiven) {
    const up = async () => {
      if (existsSync(places.namespacePath) && existsSync(places.cloudsFile)) return
      throw new Error('no lab is up: npm run lab -- openstack --keep')
    }
    return { places, environment, up, down: async () => {} }
  }
  return { places, environment, up: async () => lab.up(context), down: async () => lab.down(context) }
}
