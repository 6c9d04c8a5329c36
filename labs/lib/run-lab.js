import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { bounds } from './contract.js'

/** @import { Counts } from '../../scripts/lib/counts.js' */
/** @import { Lab, LabContext } from './contract.js' */

/**
 * @typedef {object} LabRun
 * @property {AbortSignal} stop - ends `up` or `test` early; `down` runs all the same
 * @property {boolean | undefined} [keep] - leaves the lab up
 * @property {boolean | undefined} [onlyDown] - takes down what an earlier run kept
 * @property {Partial<typeof bounds>} [bounds]
 */

/**
 * Brings a lab up, tests it and takes it down: down also when up or test fails, hangs or is stopped.
 *
 * @param {Lab} lab
 * @param {Omit<LabContext, 'signal'>} context
 * @param {LabRun} run
 * @returns {Promise<Counts>} the tests' own, and one failure more for each part that failed
 */
export async function runLab(lab, context, run) {
  const { upMs, testMs, downMs, settleMs } = { ...bounds, ...run.bounds }
  const counts = { passed: 0, failed: 0, skipped: 0 }

  /**
   * @template T
   * @param {'up' | 'test' | 'down'} part
   * @param {(context: LabContext) => Promise<T>} work
   * @param {number} ms - its bound
   * @param {AbortSignal} [stop] - ends it early
   * @returns {Promise<T | undefined>} undefined when it failed
   */
  const attempt = async (part, work, ms, stop) => {
    // Not AbortSignal.timeout: Node 20 loses one that only AbortSignal.any holds.
    const bound = new AbortController()
    const timer = setTimeout(() => bound.abort(new Error(`not done after ${ms / 1000} s`)), ms)
    const signal = stop ? AbortSignal.any([stop, bound.signal]) : bound.signal
    try {
      signal.throwIfAborted()
      context.log(`${part} ...`)
      return await untilAborted(work({ ...context, signal }), signal, settleMs)
    } catch (error) {
      counts.failed += 1
      context.log(`${part} failed: ${inspect(error)}`)
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  if (!run.onlyDown) await attempt('up', (given) => lab.up(given), upMs, run.stop)
  if (!run.onlyDown && counts.failed === 0) {
    const tested = await attempt('test', (given) => lab.test(given), testMs, run.stop)
    counts.passed += tested?.passed ?? 0
    counts.failed += tested?.failed ?? 0
    counts.skipped += tested?.skipped ?? 0
  }
  if (run.keep) {
    context.log(`left up; take it down with: npm run lab -- ${context.name} --down`)
    return counts
  }
  const takeDown = async (/** @type {LabContext} */ given) => {
    await lab.down(given)
    if (existsSync(given.workDirectory)) throw new Error(`${given.workDirectory} is left behind`)
  }
  await attempt('down', takeDown, downMs)
  return counts
}

/**
 * The work's own ending. After the signal aborts, its reason instead, once the work has settled or has had its time to.
 *
 * @template T
 * @param {Promise<T>} work
 * @param {AbortSignal} signal
 * @param {number} settleMs
 * @returns {Promise<T>}
 */
async function untilAborted(work, signal, settleMs) {
  const stop = new AbortController()
  const overdue = async () => {
    if (!signal.aborted) await once(signal, 'abort', { signal: stop.signal })
    await sleep(settleMs, undefined, { signal: stop.signal })
    throw signal.reason
  }
  try {
    return await Promise.race([work, overdue()])
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    stop.abort()
  }
}
