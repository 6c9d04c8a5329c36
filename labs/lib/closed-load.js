import { setTimeout as sleep } from 'node:timers/promises'

/**
 * @typedef {object} ClosedLoadOptions
 * @property {string} url - of the machines' front
 * @property {number} workers - clients at one time
 * @property {number} [kib] - of work that a request asks for; 1024 are some 0.1 s of an emulated processor
 * @property {number} [pauseMs] - from an answer to the next request
 *
 * @typedef {object} ClosedLoadReport
 * @property {number} okCount - answered whole
 * @property {readonly string[]} failures - why the others were not
 * @property {Readonly<Record<string, number>>} byMember - answers by the machine's own name
 */

/**
 * Clients that each ask a machine for work, wait for the answer and pause: a load that does not pile up where it is not
 * served in time.
 *
 * @param {ClosedLoadOptions} options
 * @returns {{ report(): ClosedLoadReport, stop(): Promise<ClosedLoadReport> }} `stop` waits for what is under way
 */
export function closedLoad({ url, workers, kib = 1024, pauseMs = 250 }) {
  const stop = new AbortController()
  let okCount = 0
  /** @type {string[]} */
  const failures = []
  /** @type {Map<string, number>} */
  const byMember = new Map()
  const ask = async () => {
    const answer = await fetch(`${url}/cgi-bin/work?kb=${kib}`, { signal: AbortSignal.timeout(60_000) })
    const text = await answer.text()
    const [member = '', size] = text.split(' ')
    if (!answer.ok || Number(size) !== kib) throw new Error(`${answer.status}: ${text}`)
    byMember.set(member, (byMember.get(member) ?? 0) + 1)
    okCount += 1
  }
  const work = async () => {
    while (!stop.signal.aborted) {
      try {
        await ask()
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
        failures.push(`${String(error)}${cause}`)
      }
      await sleep(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }
  const working = Array.from({ length: workers }, work)
  const report = () => ({ okCount, failures: [...failures], byMember: Object.fromEntries(byMember) })
  return {
    report,
    stop: async () => {
      stop.abort()
      await Promise.all(working)
      return report()
    },
  }
}
