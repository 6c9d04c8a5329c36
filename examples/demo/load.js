// The load, in a process of its own: requests at a rate that rises, holds and stops, whether or not they are answered.
// Told `{ url, ratePerSecond, riseMs, holdMs }`; tells `{ sent, ok, failed, inFlight, rate, isOver, firstFailure }` twice a second.
import { Agent, request } from 'node:http'

const stepMs = 20
const agent = new Agent({ keepAlive: true })
const counts = { sent: 0, ok: 0, failed: 0, inFlight: 0 }
/** @type {string | undefined} */
let firstFailure

/** @param {{ url: string, ratePerSecond: number, riseMs: number, holdMs: number }} plan */
function start({ url, ratePerSecond, riseMs, holdMs }) {
  const startMs = performance.now()
  const rateAt = (/** @type {number} */ ms) =>
    ms > riseMs + holdMs ? 0 : ratePerSecond * Math.min(1, ms / riseMs)
  let due = 0
  let lastMs = startMs
  setInterval(() => {
    const nowMs = performance.now()
    due += (rateAt(nowMs - startMs) * (nowMs - lastMs)) / 1000
    lastMs = nowMs
    for (; due >= 1; due -= 1) send(url)
  }, stepMs)
  setInterval(() => {
    const ms = performance.now() - startMs
    const isOver = ms > riseMs + holdMs && counts.inFlight === 0
    process.send?.({ ...counts, rate: rateAt(ms), isOver, firstFailure })
  }, 500)
}

/** @param {string} url */
function send(url) {
  counts.sent += 1
  counts.inFlight += 1
  let isSettled = false
  const settle = (/** @type {string | undefined} */ failure) => {
    if (isSettled) return
    isSettled = true
    counts.inFlight -= 1
    if (failure === undefined) counts.ok += 1
    else {
      counts.failed += 1
      firstFailure ??= failure
    }
  }
  // Every third request comes on a connection of its own, as from a new visitor.
  const outgoing = request(
    url,
    { agent: counts.sent % 3 === 0 ? false : agent, timeout: 30_000 },
    (response) => {
      response.resume()
      response.on('end', () =>
        settle(response.statusCode === 200 ? undefined : `answered ${response.statusCode}`),
      )
      response.on('error', (error) => settle(error.message))
    },
  )
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 30 s')))
  outgoing.on('error', (error) => settle(error.message))
  outgoing.end()
}

process.once('message', start)
process.on('disconnect', () => process.exit())
// Ctrl-C in a terminal reaches every process of the demo; the main one ends this one in its turn.
process.on('SIGINT', () => {})
