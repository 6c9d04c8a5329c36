import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until an address answers 200.
 *
 * @param {string} url
 * @param {number} timeoutMs
 * @param {number} [pauseMs]
 */
export async function untilAnswers(url, timeoutMs, pauseMs = 1000) {
  const end = performance.now() + timeoutMs
  for (;;) {
    const last = await ask(url)
    if (last === undefined) return
    if (performance.now() >= end)
      throw new Error(`${url} did not answer within ${timeoutMs / 1000} s: ${last}`)
    await sleep(pauseMs)
  }
}

/** Why it does not answer; undefined when it does. @param {string} url */
async function ask(url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) })
    await answer.body?.cancel()
    return answer.status === 200 ? undefined : `status ${answer.status}`
  } catch (error) {
    // What fetch says itself is only that it failed.
    return String(error instanceof Error ? (error.cause ?? error) : error)
  }
}
