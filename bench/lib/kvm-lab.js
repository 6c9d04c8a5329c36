import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// What the bench makes has names of its own, so that it runs beside the host's libvirt and the lab's.
const name = (process.env['FLOTILLA_LAB_NAME'] ??= 'flotilla-bench')
const lab = await import('../../labs/kvm/lab.js')
const { hostsOf, placesOf } = await import('../../labs/kvm/places.js')

/** @import { Host, Places } from '../../labs/kvm/places.js' */

const workDirectory = join(tmpdir(), `${name}-kvm-work`)

/** @returns {Places & { hosts: readonly [main: Host, second: Host], environment: Record<string, string> }} */
export function places() {
  const all = placesOf(workDirectory)
  return { ...all, hosts: hostsOf(all), environment: lab.environmentOf(workDirectory) }
}

/** Brings up two libvirtds of this bench's own, as the lab does, with its golden image. */
export async function up() {
  await lab.up(context(new AbortController().signal))
}

export async function down() {
  await lab.down(context(new AbortController().signal))
}

/** @param {AbortSignal} signal */
const context = (signal) => ({
  name: 'kvm',
  directory: fileURLToPath(new URL('../../labs/kvm', import.meta.url)),
  workDirectory,
  signal,
  log: (/** @type {string} */ line) => console.log(`[lab] ${line}`),
  runSuites: async () => {
    throw new Error('a bench runs no suites')
  },
})
