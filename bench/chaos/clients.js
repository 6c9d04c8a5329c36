import { Agent, get } from 'node:http'
import { until } from '../lib/until.js'

/**
 * Clients that ask at a steady rate, half of them on kept connections, each failure kept with its time.
 *
 * @param {string} url
 * @param {number} ratePerSecond
 */
export function startClients(url, ratePerSecond) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  /** @type {{ atMs: number, endMs: number, reason: string }[]} */
  const failures = []
  let sentCount = 0
  let pendingCount = 0

  const ask = (/** @type {boolean} */ isFresh, /** @type {number} */ sentMs, isAgain = false) => {
    let isAnswered = false
    const request = get(url, { agent: isFresh ? false : agent, timeout: 10_000 }, (response) => {
      isAnswered = true
      let isWhole = false
      response.on('end', () => {
        isWhole = true
      })
      response.on('close', () => {
        pendingCount -= 1
        if (response.statusCode !== 200 || !isWhole) {
          failed(
            sentMs,
            isWhole ? `answered ${response.statusCode}` : `answered ${response.statusCode}, and broke off`,
          )
        }
      })
      response.on('error', () => {})
      response.resume()
    })
    request.on('timeout', () => request.destroy(new Error('no answer within 10 s')))
    request.on('error', (error) => {
      // As browsers do: a kept connection that was closed before the request was read is no answer to it.
      const isStale =
        request.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      if (isStale && !isAgain) {
        ask(true, sentMs, true)
        return
      }
      if (isAnswered) return
      pendingCount -= 1
      failed(sentMs, error.message)
    })
  }
  const failed = (/** @type {number} */ atMs, /** @type {string} */ reason) => {
    failures.push({ atMs, endMs: performance.now(), reason })
  }
  const beat = setInterval(() => {
    sentCount += 1
    pendingCount += 1
    ask(sentCount % 2 === 0, performance.now())
  }, 1000 / ratePerSecond)
  return {
    failures,
    get sentCount() {
      return sentCount
    },
    async stop() {
      clearInterval(beat)
      await until(() => pendingCount === 0, 11_000, 100).catch(() => {})
      agent.destroy()
    },
  }
}

/** For a world where nobody serves them. @type {ReturnType<typeof startClients>} */
export const noClients = { failures: [], sentCount: 0, stop: async () => {} }
