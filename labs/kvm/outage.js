import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** @import { Host } from './places.js' */

/**
 * Kills libvirtd, and keeps it down for a while.
 *
 * @param {Host} host
 * @param {number} downMs
 */
export async function killDaemon({ heldFile, pidFile }, downMs) {
  writeFileSync(heldFile, '')
  killByFile(pidFile)
  await sleep(downMs)
  rmSync(heldFile)
}

/**
 * @param {Host} host
 * @param {string} domain - whose QEMU is killed
 */
export function killQemu({ directory }, domain) {
  killByFile(join(directory, 'run/qemu', `${domain}.pid`))
}

/** @param {string} pidFile */
function killByFile(pidFile) {
  process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
}
