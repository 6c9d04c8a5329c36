import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTable } from '../lib/table.js'
import { until } from '../lib/until.js'
import { noClients, startClients } from './clients.js'
import { commonActs } from './common-acts.js'
import { ControllerProcess } from './controller-process.js'
import { newRandom } from './random.js'
import { longestActMs } from './world.js'

/** @import { Act, Stage, World } from './world.js' */

/**
 * @typedef {object} Plan
 * @property {number} seed
 * @property {number} minutes
 * @property {number} actCount
 * @property {number} killCount kills of the controller, one after another, before the acts
 * @property {string} only
 * @property {boolean} verbose
 */

/**
 * @typedef {object} Story
 * @property {string[]} violations
 * @property {ReadonlyMap<string, number>} counts acts by name
 * @property {number} sentCount
 * @property {number} failedCount
 * @property {number} excusedCount failed while the front or a machine was away by an act
 * @property {number} sampleCount
 * @property {number} mostMachines
 * @property {number} tookMs
 */

/**
 * Acts on a group until the time is over, and looks after each act.
 *
 * @param {World} world
 * @param {Plan} plan
 * @param {AbortSignal} signal the bench is told to end: the controller is killed, and no other is started
 * @returns {Promise<Story>}
 */
export async function unleash(world, plan, signal) {
  return new Monkey(world, plan, signal).run()
}

class Monkey {
  #world
  #plan
  #random
  #signal
  #controller
  #beganMs = performance.now()
  /** @type {string[]} */
  #violations = []
  /** @type {Map<string, number>} */
  #counts = new Map()
  /** Times in which requests may fail. @type {{ fromMs: number, toMs: number }[]} */
  #excuses = []
  /** @type {string[]} */
  #said = []
  #wanted = 2
  #samples = { count: 0, most: 0, isBusy: false }

  /**
   * @param {World} world
   * @param {Plan} plan
   * @param {AbortSignal} signal
   */
  constructor(world, plan, signal) {
    this.#world = world
    this.#plan = plan
    this.#random = newRandom(plan.seed)
    this.#signal = signal
    this.#controller = new ControllerProcess(world, (text) => this.#hear(text))
    signal.addEventListener('abort', () => this.#controller.abandon(), { once: true })
  }

  async run() {
    const world = this.#world
    this.#want(2)
    this.#controller.start()
    await this.#controller.started()
    await this.#settled('the start')
    await this.#untilServed()
    const clients = world.url === undefined ? noClients : startClients(world.url, world.ratePerSecond ?? 40)
    const sampling = setInterval(() => void this.#sample(), world.sampleMs)
    try {
      await this.#kills()
      await this.#acts()
      await clients.stop()
      await this.#finish()
    } finally {
      await clients.stop()
      clearInterval(sampling)
      await this.#controller.kill('SIGKILL')
    }
    return this.#story(clients)
  }

  /** A member is in service when it is well; that the front has it comes a little later. */
  async #untilServed() {
    const { url, settleMs, intervalMs } = this.#world
    if (url === undefined) return
    await until(() => answers(url), settleMs, 50)
    await sleep(2 * intervalMs)
  }

  async #kills() {
    const { killCount } = this.#plan
    for (let kill = 1; kill <= killCount; kill += 1) {
      const fromMs = performance.now()
      if (this.#random.uniform() < 0.3) this.#want(this.#random.whole(1, this.#world.max))
      await sleep(this.#random.uniform() * 2 * this.#world.intervalMs)
      await this.#controller.kill('SIGKILL')
      this.#controller.start()
      this.#count('kill -9 the controller, in a row')
      await this.#controller.started().catch((error) => this.#violated('kill', error))
      if (this.#world.frontDiesWithController) {
        this.#excuse(fromMs, performance.now() + 2 * this.#world.intervalMs)
      }
      // Now and then it is let be, so that a fault that heals does not hide another.
      if (kill % 10 === 0 || kill === killCount) await this.#settled(`kill ${kill}`)
      if (kill % 100 === 0) this.#log(`${kill} kills`)
    }
  }

  async #acts() {
    const { minutes, actCount, only } = this.#plan
    const acts = [...commonActs(this.#world), ...this.#world.acts].filter(({ name }) => name.includes(only))
    const endMs = actCount < Infinity ? Infinity : performance.now() + minutes * 60_000
    for (let count = 0; count < actCount && performance.now() < endMs; count += 1) {
      const act = this.#random.weighted(acts)
      await this.#act(act)
      await this.#settled(act.name)
    }
  }

  /** @param {Act} act */
  async #act(act) {
    this.#count(act.name)
    const fromMs = performance.now()
    const { excusedMs = 0 } = act
    const excuse = { fromMs, toMs: Infinity }
    if (excusedMs !== 0) this.#excuses.push(excuse)
    try {
      const note = await Promise.race([act.run(this.#stage()), hung(act)])
      this.#log(`${act.name}${note === undefined ? '' : `: ${note}`}`)
    } catch (error) {
      this.#violated(act.name, error)
    }
    excuse.toMs = performance.now() + (excusedMs === 'front' ? 2 * this.#world.intervalMs : excusedMs)
  }

  /** @returns {Stage} */
  #stage() {
    return {
      world: this.#world,
      random: this.#random,
      controller: this.#controller,
      wanted: () => this.#wanted,
      want: (count) => this.#want(count),
    }
  }

  /** @param {number} count */
  #want(count) {
    this.#wanted = count
    writeFileSync(join(this.#world.directory, 'wanted'), String(count))
  }

  /**
   * The group must be right again in time: as many machines as are wanted, all in service, and nothing harmed.
   *
   * @param {string} after
   */
  async #settled(after) {
    const { settleMs } = this.#world
    const beganMs = performance.now()
    const isRight = async () => {
      const { last } = this.#controller
      // What was said before the act is no answer to it.
      if (
        last === undefined ||
        last.atMs < beganMs ||
        last.inService !== this.#wanted ||
        last.size !== this.#wanted
      )
        return false
      const found = await this.#world.machines().catch(() => undefined)
      return found?.length === this.#wanted
    }
    try {
      await until(isRight, settleMs, 50)
    } catch {
      const found = await this.#world.machines().catch((error) => [`unknown: ${String(error)}`])
      const { last } = this.#controller
      const known =
        last === undefined
          ? 'no tick'
          : `${last.inService} of ${last.size} in service (${last.states.join(', ')}); ${last.problems.join('; ')}`
      this.#violated(
        after,
        new Error(`not ${this.#wanted} within ${settleMs} ms: found ${found.join(', ') || 'none'}; ${known}`),
      )
    }
    await this.#unharmed(after)
  }

  /** @param {string} after */
  async #unharmed(after) {
    const harms = await this.#world
      .harm()
      .catch((error) => [`it cannot be told what is harmed: ${String(error)}`])
    for (const harm of harms) this.#violated(after, new Error(harm))
  }

  async #sample() {
    if (this.#samples.isBusy) return
    this.#samples.isBusy = true
    try {
      const found = await this.#world.machines()
      this.#samples.count += 1
      this.#samples.most = Math.max(this.#samples.most, found.length)
      if (found.length > this.#world.max) {
        this.#violated(
          'max',
          new Error(`${found.length} machines, max ${this.#world.max}: ${found.join(', ')}`),
        )
      }
    } catch {
      // An engine that is down cannot be asked.
    } finally {
      this.#samples.isBusy = false
    }
  }

  async #finish() {
    const { isExpected = () => false } = this.#world
    const problems = () => this.#controller.last?.problems.filter((problem) => !isExpected(problem))
    await until(() => problems()?.length === 0, this.#world.settleMs).catch(() => {
      this.#violated('the end', new Error(`it stands: ${problems()?.join('; ')}`))
    })
    await this.#controller.end(3 * this.#world.settleMs).catch((error) => {
      // What others have taken is told at the end, too; what else is left shows below.
      if (!isExpected(String(error))) this.#violated('the end', error)
    })
    const leftovers = () => this.#world.leftovers().catch((error) => [`it cannot be told: ${String(error)}`])
    const isClean = async () => (await leftovers()).length === 0
    await until(isClean, this.#world.settleMs, 200).catch(async () => {
      this.#violated('the end', new Error(`left over: ${(await leftovers()).join(', ')}`))
    })
    await this.#unharmed('the end')
  }

  /**
   * @param {Omit<ReturnType<typeof startClients>, 'stop'>} clients
   * @returns {Story}
   */
  #story({ failures, sentCount }) {
    const isExcused = (/** @type {{ atMs: number, endMs: number }} */ { atMs, endMs }) =>
      this.#excuses.some(({ fromMs, toMs }) => endMs >= fromMs && atMs <= toMs)
    const inexcusable = failures.filter((failure) => !isExcused(failure))
    for (const { atMs, reason } of inexcusable.slice(0, 10)) {
      this.#violations.push(`${this.#at(atMs)} a request failed: ${reason}`)
    }
    return {
      violations: this.#violations,
      counts: this.#counts,
      sentCount,
      failedCount: inexcusable.length,
      excusedCount: failures.length - inexcusable.length,
      sampleCount: this.#samples.count,
      mostMachines: this.#samples.most,
      tookMs: performance.now() - this.#beganMs,
    }
  }

  /** @param {string} name */
  #count(name) {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  /**
   * @param {number} fromMs
   * @param {number} toMs
   */
  #excuse(fromMs, toMs) {
    this.#excuses.push({ fromMs, toMs })
  }

  /**
   * @param {string} after
   * @param {unknown} error
   */
  #violated(after, error) {
    // What fails once everything is being ended says nothing.
    if (this.#signal.aborted) return
    const text = `${this.#at()} after "${after}": ${error instanceof Error ? error.message : String(error)}`
    this.#violations.push(text)
    console.log(`VIOLATION ${text}`)
    for (const said of this.#said.slice(-25)) console.log(`    ${said}`)
  }

  /** @param {string} text */
  #hear(text) {
    const line = `${this.#at()} ${text}`
    this.#said.push(line)
    if (this.#said.length > 200) this.#said.splice(0, 100)
    if (this.#plan.verbose) console.log(`    ${line}`)
  }

  /** @param {string} text */
  #log(text) {
    console.log(`${this.#at()} ${text}`)
  }

  #at(atMs = performance.now()) {
    return `${((atMs - this.#beganMs) / 1000).toFixed(1)} s`
  }
}

/** @param {string} url */
async function answers(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined)
  await answer?.text().catch(() => {})
  return answer?.status === 200
}

/** @param {Act} act */
async function hung({ name }) {
  await sleep(longestActMs, undefined, { ref: false })
  throw new Error(`"${name}" did not end within ${longestActMs} ms`)
}

/**
 * @param {World} world
 * @param {Story} story
 */
export function report(world, story) {
  const { violations, counts, sentCount, failedCount, excusedCount, sampleCount, mostMachines, tookMs } =
    story
  console.log(
    `\n${formatTable(
      ['act', 'times'],
      [...counts].toSorted(([a], [b]) => a.localeCompare(b)),
    )}\n`,
  )
  for (const violation of violations) console.log(`violation: ${violation}`)
  const acts = [...counts.values()].reduce((sum, count) => sum + count, 0)
  console.log(
    `${world.name}: ${acts} acts in ${Math.round(tookMs / 1000)} s; ${sentCount} requests, ${failedCount} failed (and ${excusedCount} while what served them was away); ` +
      `${sampleCount} counts, most machines ${mostMachines} of max ${world.max}; ${violations.length} violations`,
  )
}
