import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @import { ChildProcess } from 'node:child_process' */

/**
 * Gives a directory for what a controller stores.
 *
 * @template T
 * @param {(directory: string) => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function withStore(run) {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-store-'))
  try {
    return await run(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * Waits until a controller says at a tick that it has so many, all in service.
 *
 * @param {ChildProcess} child
 * @param {number} wanted
 * @param {number} withinMs
 */
export async function comesTo(child, wanted, withinMs) {
  /** @type {(seen: { inService: number, size: number }) => void} */
  let onTick = () => {}
  try {
    await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`the controller did not come to ${wanted}`)), withinMs).unref()
      onTick = ({ inService, size }) => {
        if (inService === wanted && size === wanted) resolve(undefined)
      }
      child.on('message', onTick)
    })
  } finally {
    child.off('message', onTick)
  }
}

/**
 * Has a controller end with its instances.
 *
 * @param {ChildProcess} child
 */
export async function endController(child) {
  const ended = exitOf(child)
  child.send('end')
  await ended
}

/** @param {ChildProcess} child */
export async function killController(child) {
  const ended = exitOf(child)
  child.kill('SIGKILL')
  await ended
}

/** @param {ChildProcess} child */
const exitOf = (child) => new Promise((resolve) => child.once('exit', resolve))
