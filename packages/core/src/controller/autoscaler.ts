import { checkOptions } from '../options/check-options.js'
import { finiteNumber } from '../options/checks.js'
import { type DecisionLog, type DecisionQuery, decisionLog } from '../decide/log/decision-log.js'
import type { DecisionTrace } from '../decide/trace.js'
import { messageOf } from '../errors.js'
import { GroupRun } from './group-run.js'
import * as commands from './life/commands.js'
import type { Process } from './life/group-state.js'
import { type FullOptions, fullOptions } from './options/full-options.js'
import type { AutoscalerOptions } from './options/options.js'
import { type StartOptions, type StopOptions, startSchema, stopSchema } from './options/run-options.js'
import { tellDecisionProblems } from './telling/decision-problems.js'
import { type AutoscalerEvents, type EventName, Events, type ListenOptions } from './telling/events.js'
import type { GroupStatus } from './telling/group-status.js'
import { logEvents } from './telling/log-events.js'
import { recordDecisions } from './telling/record-decisions.js'

/**
 * Keeps a group of instances at the size its load needs: observe, decide, act, at every interval.
 *
 * Nothing throws out of the loop: what goes wrong is an event, `problem`, told once and again when it is `recovered`. The
 * backend, the balancer and the sources stay the caller's: `stop` does not close them.
 *
 * @example
 * ```ts
 * import { Autoscaler, silentLogger, targetTracking } from '@flotilla/core'
 * import { fakeBackend } from '@flotilla/core/testing'
 *
 * const web = new Autoscaler({
 *   group: 'web',
 *   min: 1,
 *   max: 5,
 *   backend: fakeBackend(),
 *   policy: targetTracking({ metric: 'cpu', target: 0.6 }),
 *   logger: silentLogger,
 * })
 * web.on('scaled', ({ from, to, reason }) => console.log(`${from} -> ${to}: ${reason}`))
 * await web.start()
 * await web.stop({ terminate: true })
 * ```
 */
export class Autoscaler implements AsyncDisposable {
  readonly #options: FullOptions
  readonly #events: Events
  readonly #decisions: DecisionLog
  readonly #run: GroupRun

  /** @throws FlotillaError `invalid-options`, naming the field, the value and what would do */
  constructor(options: AutoscalerOptions) {
    this.#options = fullOptions(options)
    const { logger, group, clock, keepDecisions, recorders } = this.#options
    this.#events = new Events((error, name) => {
      logger.error({ group, event: name }, `a listener of ${name} failed: ${messageOf(error)}`)
    })
    logEvents(this.#events, logger, group)
    this.#decisions = decisionLog({ keep: keepDecisions })
    for (const recorder of [this.#decisions, ...recorders]) {
      recordDecisions(this.#events, recorder, group, clock)
    }
    this.#run = new GroupRun(this.#options, this.#events)
    tellDecisionProblems(this.#events, this.#run.problems)
  }

  /**
   * Listens to an event; returns what takes the listener off again. One that throws or rejects is logged, and disturbs
   * nothing.
   *
   * @throws FlotillaError `invalid-options` for an event that there is not
   */
  on<Name extends EventName>(
    name: Name,
    listener: (event: AutoscalerEvents[Name]) => unknown,
    options: ListenOptions = {},
  ): () => void {
    return this.#events.on(name, listener, options)
  }

  /**
   * The next event of a name.
   *
   * @throws FlotillaError `closed` when the autoscaler stops before; the signal's own reason
   */
  once<Name extends EventName>(name: Name, options: ListenOptions = {}): Promise<AutoscalerEvents[Name]> {
    return this.#events.once(name, options)
  }

  /**
   * The events of a name as they come, from this call on: `for await (const { from, to } of web.events('scaled'))`. It ends
   * when the signal aborts or the autoscaler has stopped; one that falls 10,000 behind forgets the oldest.
   */
  events<Name extends EventName>(
    name: Name,
    options: ListenOptions = {},
  ): AsyncIterableIterator<AutoscalerEvents[Name]> {
    return this.#events.iterate(name, options)
  }

  /**
   * Finds the group and starts the loop; resolves after the first tick. A backend that cannot be reached is no reason to
   * reject: it is told as a `problem` and asked again at every tick.
   *
   * Makes this controller the only one of the group: on this host, and among those that share its store. Should it lose the
   * group later, it stops acting at once, tells `ownership-lost`, and goes on when the group is its own again.
   *
   * @throws FlotillaError `invalid-options`; `closed` after `stop`; `conflict`, naming the other, when another controller has the group;
   * `unsupported` when a newer version stored its state
   */
  async start(options: StartOptions = {}): Promise<void> {
    const { signal } = checkOptions('start', startSchema, options)
    await this.#run.start(signal)
  }

  /**
   * One tick, with everything it starts brought to its end: for tests, and for programs that cron runs.
   *
   * @throws FlotillaError `closed` after `stop`
   */
  async tick(): Promise<void> {
    await this.#run.tick()
  }

  /**
   * Stops the loop. Calls under way are aborted; what they began is taken up by the next controller. May be called twice,
   * and a group that was stopped can be ended afterwards. Without a `start` before it, it ends the group as it is found,
   * and launches nothing.
   *
   * When asked to terminate, it resolves once all is gone but the protected ones; after it rejected, it may be asked again.
   *
   * @throws FlotillaError `not-ended` when something is left, naming it and why; `conflict` when asked to terminate a group
   * that another controller holds, and then nothing is ended
   */
  stop(options: StopOptions = {}): Promise<void> {
    return this.#run.stop(checkOptions('stop', stopSchema, options))
  }

  /** As `stop()`: the group goes on running, and what the autoscaler was given stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** The group as it is now: its count, every instance with what it waits for, and the problems that stand. */
  status(): GroupStatus {
    const { group, min, max } = this.#options
    const { controller, problems } = this.#run
    const { state, readings } = controller
    const { failures, until } = state.backoff
    const isWaiting = until > this.#options.clock.now()
    return {
      group,
      min,
      max,
      owner: this.#run.owner(),
      desired: state.desired,
      instances: controller.shown(),
      suspended: [...state.suspended],
      ...(isWaiting && { backoff: { failures, until } }),
      readings,
      lastDecision: this.#decisions.find({ limit: 1 })[0]?.trace,
      problems: problems.standing,
    }
  }

  /** The latest decisions that match, oldest first; all of them without a query. */
  decisions(query: DecisionQuery = {}): readonly DecisionTrace[] {
    const { keepDecisions: limit } = this.#options
    const found = this.#decisions.find({ limit, ...query })
    return found.map(({ trace }) => trace).toReversed()
  }

  /**
   * Why the group had the size that it had at a time, or kept it, and what then happened, in words. It looks through the
   * latest decisions, then through a `decisionLog` given as `log`.
   *
   * @param time - epoch milliseconds; by default now
   * @throws FlotillaError `invalid-options` for a time that is no number
   */
  explain(time: number = this.#options.clock.now()): string {
    checkOptions('explain', finiteNumber(), time, 'time')
    const { group, recorders } = this.#options
    const logs = [this.#decisions, ...recorders.filter(isDecisionLog)]
    const log = logs.find((one) => one.at(time, group) !== undefined) ?? this.#decisions
    return log.explain(time, group)
  }

  /**
   * Sets the count by hand. Policies go on from there at the next tick, damped as ever; `pause('scaling')` keeps it.
   *
   * @throws FlotillaError `invalid-options` when it is not a whole number within min..max
   */
  async setDesired(count: number): Promise<void> {
    await this.#run.change(commands.setDesired(count, this.#options))
  }

  /** Suspends processes, by default all: the group is then left exactly as it is. It outlives a restart. */
  async pause(...given: readonly Process[]): Promise<void> {
    const processes = commands.checkProcesses('pause', given)
    await this.#run.change(commands.pause(processes))
    this.#events.emit('paused', { processes })
  }

  /** Takes up suspended processes, by default all. */
  async resume(...given: readonly Process[]): Promise<void> {
    const processes = commands.checkProcesses('resume', given)
    await this.#run.change(commands.resume(processes))
    this.#events.emit('resumed', { processes })
  }

  /**
   * Keeps instances from being terminated, by scale-in and by replacement; one that is draining goes back into service.
   *
   * @throws FlotillaError `not-found`; `conflict` for one that is terminating already
   */
  async protect(...ids: readonly string[]): Promise<void> {
    await this.#run.change(commands.protect(ids, this.#options.clock.now()))
  }

  /** Takes `protect` back: it may be terminated again. */
  async unprotect(...ids: readonly string[]): Promise<void> {
    await this.#run.change(commands.unprotect(ids))
  }

  /**
   * Takes instances out of service, to be looked at: drained, not terminated, not counted. Others take their place.
   *
   * @throws FlotillaError `not-found`; `conflict` for one that is on its way out
   */
  async enterStandby(...ids: readonly string[]): Promise<void> {
    await this.#run.change(commands.enterStandby(ids, this.#options.clock.now()))
  }

  /** Brings instances back from standby, through their probe. */
  async exitStandby(...ids: readonly string[]): Promise<void> {
    await this.#run.change(commands.exitStandby(ids, this.#options.clock.now()))
  }
}

const isDecisionLog = (recorder: object): recorder is DecisionLog => 'at' in recorder && 'explain' in recorder
