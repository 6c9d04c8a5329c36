import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { until } from '../lib/until.js'

/** @import { ChildProcess } from 'node:child_process' */

/**
 * @typedef {{ kind: 'tick', desired: number | undefined, inService: number, size: number, problems: readonly string[], states: readonly string[] }
 *   | { kind: 'said', text: string } | { kind: 'started' } | { kind: 'ended' }
 *   | { kind: 'refused', code: string, text: string }} Told
 */

/** One controller of a group, in a process of its own. */
export class ControllerProcess {
  #world
  #onSaid
  /** @type {ChildProcess | undefined} */
  #child
  /** @type {(Extract<Told, { kind: 'tick' }> & { atMs: number }) | undefined} */
  last
  /** @type {string | undefined} why it did not start */
  refusal
  hasStarted = false
  hasEnded = false
  #isAbandoned = false

  /**
   * @param {{ groupModule: string, settings: Readonly<Record<string, unknown>> }} world
   * @param {(text: string) => void} onSaid
   */
  constructor(world, onSaid) {
    this.#world = world
    this.#onSaid = onSaid
  }

  get pid() {
    return this.#child?.pid
  }

  get isRunning() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Kills it for good: it is not started again. */
  abandon() {
    this.#isAbandoned = true
    this.signal('SIGKILL')
  }

  start() {
    if (this.#isAbandoned) return
    const { groupModule, settings } = this.#world
    const child = fork(
      fileURLToPath(new URL('controller.js', import.meta.url)),
      [groupModule, JSON.stringify(settings)],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    )
    this.#child = child
    this.last = undefined
    this.refusal = undefined
    this.hasStarted = false
    this.hasEnded = false
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (/** @type {string} */ text) => this.#onSaid(`stderr: ${text.trim().slice(0, 2000)}`))
    child.on('message', (message) => this.#hear(/** @type {Told} */ (message)))
    child.on('error', (error) => this.#onSaid(`controller: ${error.message}`))
  }

  /** @param {Told} told */
  #hear(told) {
    if (told.kind === 'tick') this.last = { ...told, atMs: performance.now() }
    else if (told.kind === 'started') this.hasStarted = true
    else if (told.kind === 'ended') this.hasEnded = true
    else if (told.kind === 'refused') this.refusal = `${told.code}: ${told.text}`
    else this.#onSaid(told.text)
  }

  /** @param {number} [withinMs] */
  async started(withinMs = 30_000) {
    await until(() => this.hasStarted || this.refusal !== undefined || !this.isRunning, withinMs)
    if (!this.hasStarted) throw new Error(`the controller did not start: ${this.refusal ?? 'it exited'}`)
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#child?.kill(signal)
  }

  /** @param {NodeJS.Signals} signal */
  async kill(signal) {
    const child = this.#child
    if (child === undefined || !this.isRunning) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  /**
   * Has it end the group.
   *
   * @param {number} withinMs
   */
  async end(withinMs) {
    const child = this.#child
    if (child === undefined || !this.isRunning) throw new Error('there is no controller to end the group')
    child.send('end')
    try {
      await until(() => !this.isRunning, withinMs)
    } catch {
      await this.kill('SIGKILL')
      throw new Error(`the group was not ended within ${withinMs} ms`)
    }
    if (!this.hasEnded) throw new Error(`the group was not ended: ${this.refusal ?? 'the controller exited'}`)
  }
}
