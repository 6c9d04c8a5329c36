import { setTimeout as sleep } from 'node:timers/promises'

/**
 * @param {() => boolean | Promise<boolean>} holds
 * @param {number} [withinMs]
 * @param {number} [everyMs]
 */
export async function until(holds, withinMs = 60_000, everyMs = 20) {
  const endMs = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > endMs)
      throw new Error(`it did not come about within ${withinMs} ms: ${String(holds)}`)
    await sleep(everyMs)
  }
}
