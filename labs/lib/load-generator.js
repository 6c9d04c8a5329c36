import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'

/**
 * @typedef {object} LoadOptions
 * @property {string} url where requests go: `http://127.0.0.1:8080`
 * @property {string} [socketPath] a socket to connect to in place of the URL's host and port
 * @property {number} ratePerSecond requests that begin each second, whether or not earlier ones have ended
 * @property {number} [freshRatio] share of requests on a connection of their own, 0..1; default 0.5
 * @property {number} [postRatio] share of POSTs, 0..1; default 0.3
 * @property {number} [slowRatio] share of GETs that take `slowMs`, 0..1; default 0.02
 * @property {number} [slowMs] default 300
 * @property {number} [postMs] what a POST takes; default 10
 * @property {number} [postBytes] the longest body; default 4096
 * @property {boolean} [retriesStale] sends a request again, once, when the kept connection it went out on was dead, as
 *   browsers do; default false
 * @property {number} [timeoutMs] bound of one request; default 10,000
 * @property {number} [seed] of the mix; the same seed gives the same requests; default 1
 *
 * @typedef {object} Failure
 * @property {number} atMs since the load began
 * @property {'hard' | 'stale'} kind
 * @property {string} method
 * @property {boolean} isFresh
 * @property {string} reason
 *
 * @typedef {object} Drawn one request of the mix
 * @property {boolean} isFresh
 * @property {string} method
 * @property {number} ms
 * @property {Buffer | undefined} body
 *
 * @typedef {object} LoadReport
 * @property {number} sentCount
 * @property {number} okCount answered 200, whole, with the body that was sent
 * @property {number} hardCount answered otherwise, broken off, or not answered in time
 * @property {number} staleCount lost on a kept connection that was closed before any answer, and not sent again
 * @property {number} retryCount sent again for that reason
 * @property {number} pendingCount not ended yet
 * @property {Readonly<Record<string, number>>} byMember answers by their `x-member` header
 * @property {{ p50: number, p95: number, p99: number, max: number }} latencyMs of those that were answered 200
 * @property {readonly Failure[]} failures the first twenty
 * @property {number} tookMs
 */

const mostFailuresKept = 20
/** Requests that are due are begun this often. */
const beatMs = 5

/**
 * Open-loop HTTP load: GETs and POSTs, on fresh connections and on kept ones, some of them slow. Members are expected to
 * work for `ms` of the query, to tell the length of the body they got as `x-received`, and who they are as `x-member`.
 *
 * @param {LoadOptions} options
 * @returns {{ report(): LoadReport, stop(): Promise<LoadReport> }} `stop` waits for what is under way
 */
export function startLoad(options) {
  const load = new Load(options)
  load.start()
  return { report: () => load.report(), stop: () => load.stop() }
}

class Load {
  /** @type {Required<Omit<LoadOptions, 'socketPath'>> & Pick<LoadOptions, 'socketPath'>} */
  #options
  #random
  // Turns on all kept connections, so that each of them is at times idle when a reload comes.
  #agent = new Agent({ keepAlive: true, maxFreeSockets: 512, scheduling: 'fifo' })
  #startMs = 0
  /** @type {NodeJS.Timeout | undefined} */
  #beat
  #sentCount = 0
  #okCount = 0
  #hardCount = 0
  #staleCount = 0
  #retryCount = 0
  /** @type {Map<string, number>} */
  #byMember = new Map()
  /** @type {number[]} */
  #latenciesMs = []
  /** @type {Failure[]} */
  #failures = []
  /** @type {Set<Promise<void>>} */
  #pending = new Set()

  /** @param {LoadOptions} options */
  constructor(options) {
    this.#options = {
      freshRatio: 0.5,
      postRatio: 0.3,
      slowRatio: 0.02,
      slowMs: 300,
      postMs: 10,
      postBytes: 4096,
      retriesStale: false,
      timeoutMs: 10_000,
      seed: 1,
      ...options,
    }
    this.#random = randomFrom(this.#options.seed)
  }

  start() {
    this.#startMs = performance.now()
    this.#beat = setInterval(() => this.#sendDue(), beatMs)
  }

  async stop() {
    clearInterval(this.#beat)
    await Promise.all(this.#pending)
    this.#agent.destroy()
    return this.report()
  }

  /** @returns {LoadReport} */
  report() {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b)
    /** @param {number} share */
    const at = (share) => Math.round(10 * (sorted[Math.floor(share * (sorted.length - 1))] ?? 0)) / 10
    return {
      sentCount: this.#sentCount,
      okCount: this.#okCount,
      hardCount: this.#hardCount,
      staleCount: this.#staleCount,
      retryCount: this.#retryCount,
      pendingCount: this.#pending.size,
      byMember: Object.fromEntries(this.#byMember),
      latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
      failures: [...this.#failures],
      tookMs: Math.round(performance.now() - this.#startMs),
    }
  }

  #sendDue() {
    const due = Math.floor(((performance.now() - this.#startMs) / 1000) * this.#options.ratePerSecond)
    while (this.#sentCount < due) {
      this.#sentCount += 1
      const sending = this.#send(this.#draw())
      this.#pending.add(sending)
      void sending.finally(() => this.#pending.delete(sending))
    }
  }

  /** @returns {Drawn} */
  #draw() {
    const { freshRatio, postRatio, slowRatio, slowMs, postMs, postBytes } = this.#options
    const isPost = this.#random() < postRatio
    const isSlow = !isPost && this.#random() < slowRatio / Math.max(1 - postRatio, 0.001)
    return {
      isFresh: this.#random() < freshRatio,
      method: isPost ? 'POST' : 'GET',
      ms: isPost ? postMs : isSlow ? slowMs : 0,
      body: isPost ? Buffer.alloc(1 + Math.floor(this.#random() * postBytes), 'x') : undefined,
    }
  }

  /** @param {Drawn} drawn */
  async #send(drawn) {
    const sentMs = performance.now()
    let outcome = await this.#ask(drawn, drawn.isFresh)
    if (outcome.kind === 'stale' && this.#options.retriesStale) {
      this.#retryCount += 1
      outcome = await this.#ask(drawn, true)
    }
    if (outcome.kind === 'ok') {
      this.#okCount += 1
      this.#latenciesMs.push(performance.now() - sentMs)
      this.#byMember.set(outcome.member, (this.#byMember.get(outcome.member) ?? 0) + 1)
      return
    }
    if (outcome.kind === 'stale') this.#staleCount += 1
    else this.#hardCount += 1
    if (this.#failures.length >= mostFailuresKept) return
    const { method, isFresh } = drawn
    const atMs = Math.round(sentMs - this.#startMs)
    this.#failures.push({ atMs, kind: outcome.kind, method, isFresh, reason: outcome.reason })
  }

  /**
   * @param {Drawn} drawn
   * @param {boolean} isFresh
   * @returns {Promise<{ kind: 'ok', member: string } | { kind: 'hard' | 'stale', reason: string }>}
   */
  #ask({ method, ms, body }, isFresh) {
    const { url, socketPath, timeoutMs } = this.#options
    return new Promise((resolve) => {
      let hasAnswer = false
      const asked = request(new URL(`/?ms=${ms}`, url), {
        method,
        agent: isFresh ? false : this.#agent,
        headers: body === undefined ? {} : { 'content-length': body.length },
        ...(socketPath === undefined ? {} : { socketPath }),
      })
      const timer = setTimeout(() => {
        resolve({ kind: 'hard', reason: `no answer within ${timeoutMs} ms` })
        asked.destroy()
      }, timeoutMs)
      /** @param {Error} error */
      const failed = (error) => {
        clearTimeout(timer)
        // Node's own sign of a kept connection that its server closed before it saw the request.
        const isStale = asked.reusedSocket && !hasAnswer && isClosed(error)
        resolve({ kind: isStale ? 'stale' : 'hard', reason: error.message })
      }
      asked.on('error', failed)
      asked.on('response', (answer) => {
        hasAnswer = true
        answer.on('error', failed)
        answer.on('aborted', () => failed(new Error(`answered ${answer.statusCode}, then broke off`)))
        answer.resume().on('end', () => {
          clearTimeout(timer)
          const { statusCode, headers } = answer
          const received = headers['x-received']
          if (statusCode !== 200) resolve({ kind: 'hard', reason: `answered ${statusCode}` })
          else if (received !== undefined && Number(received) !== (body?.length ?? 0)) {
            const reason = `${String(received)} of ${body?.length ?? 0} bytes arrived`
            resolve({ kind: 'hard', reason })
          } else resolve({ kind: 'ok', member: String(headers['x-member'] ?? 'unknown') })
        })
      })
      asked.end(body)
    })
  }
}

/** @param {Error & { code?: unknown }} error */
function isClosed(error) {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE'
}

/**
 * Numbers in 0 <= n < 1, the same for the same seed (mulberry32).
 *
 * @param {number} seed
 */
function randomFrom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
