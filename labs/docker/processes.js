import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Ends every process in whose mount namespace something of a directory is mounted, and waits until they have gone.
 *
 * @param {string} root
 */
export async function endAllThatSee(root) {
  for (let tries = 0; tries < 100; tries += 1) {
    const pids = pidsThatSee(root)
    if (pids.length === 0) return
    for (const pid of pids) signal(pid, 'SIGKILL')
    await sleep(100)
  }
}

/** @param {string} root */
export function pidsThatSee(root) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(root)
      } catch {
        return false
      }
    })
    .map(Number)
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} name
 */
export function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch {
    // Gone by itself.
  }
}
