import { setMaxListeners } from 'node:events'
import * as v from 'valibot'
import { checkOptions } from '../options/check-options.js'
import { abortSignal, finiteNumber, milliseconds } from '../options/checks.js'
import { type DecisionLog, type DecisionQuery, decisionLog } from '../decide/log/decision-log.js'
import type { InstanceChange } from '../backend.js'
import { FlotillaError, messageOf } from '../errors.js'
import { silentLogger } from '../logger.js'
import type { DecisionTrace } from '../decide/trace.js'
import { watchChanges } from './loop/change-watch.js'
import { ClockWatch } from './loop/clock-watch.js'
import * as commands from './life/commands.js'
import { Controller } from './controller.js'
import { tellDecisionProblems } from './telling/decision-problems.js'
import { endGroup } from './drivers/end-group.js'
import {
  type AutoscalerEvents,
  type EventName,
  Events,
  type ListenOptions,
  eventNames,
} from './telling/events.js'
import { type FullOptions, fullOptions } from './options/full-options.js'
import { type GroupState, type Process, freshState } from './life/group-state.js'
import type { GroupStatus } from './telling/group-status.js'
import { logEvents } from './telling/log-events.js'
import { Loop, type PassKind } from './loop/loop.js'
import type { AutoscalerOptions } from './options/options.js'
import { ownersBackend, ownersBalancer } from './ownership/owner-only.js'
import { Ownership } from './ownership/ownership.js'
import { Problems } from './telling/problems.js'
import { recordDecisions } from './telling/record-decisions.js'
import { Term } from './ownership/term.js'

const stopSchema = v.strictObject({
  terminate: v.optional(v.boolean()),
  drainMs: v.optional(milliseconds()),
})

const startSchema = v.strictObject({ signal: v.optional(abortSignal()) })

/** Twice the drain bound of our own balancers. */
const mostDrainMs = 60_000

export interface StartOptions {
  /** Stops the loop when it aborts, as `stop()` does: the group goes on running. */
  readonly signal?: AbortSignal | undefined
}

export interface StopOptions {
  /**
   * Ends every instance but the protected ones, drained first, and what was made for the group beside them; by default the
   * group goes on running.
   */
  readonly terminate?: boolean | undefined
  /**
   * How long the balancer may take to let go of the instances, drains included, before they are ended all the same;
   * milliseconds, default 60,000, or `timeouts.balanceMs` when that is less.
   */
  readonly drainMs?: number | undefined
}

/**
 * Keeps a group of instances at the size its load needs: observe, decide, act, at every interval.
 *
 * Nothing throws out of the loop: what goes wrong is an event, `problem`, told once and again when it is `recovered`. The
 * backend, the balancer and the sources stay the caller's: `stop` does not close them.
 */
export class Autoscaler implements AsyncDisposable {
  readonly #options: FullOptions
  readonly #events: Events
  readonly #problems: Problems
  readonly #decisions: DecisionLog
  readonly #abort = new AbortController()
  readonly #loop: Loop
  readonly #ownership: Ownership
  /** One for each term: what an earlier one planned or knew is not carried over. */
  #controller: Controller
  #term: Term
  /** Of those terms between which nobody else had the group. */
  #clockWatch: ClockWatch
  #started: Promise<void> | undefined
  #loaded: Promise<void> | undefined
  #stopped: Promise<void> | undefined
  #isLooping = false
  #isEnding = false

  /** @throws FlotillaError `invalid-options`, naming the field, the value and what would do */
  constructor(options: AutoscalerOptions) {
    this.#options = fullOptions(options)
    const { logger, group, clock, intervalMs, keepDecisions, recorders } = this.#options
    this.#events = new Events((error, name) => {
      logger.error({ group, event: name }, `a listener of ${name} failed: ${messageOf(error)}`)
    })
    logEvents(this.#events, logger, group)
    this.#decisions = decisionLog({ keep: keepDecisions })
    for (const recorder of [this.#decisions, ...recorders]) {
      recordDecisions(this.#events, recorder, group, clock)
    }
    this.#problems = new Problems(this.#events, () => clock.now())
    tellDecisionProblems(this.#events, this.#problems)
    const { signal } = this.#abort
    // Every call under way listens to it, and a large group has many: that is no leak.
    setMaxListeners(0, signal)
    this.#ownership = new Ownership({
      options: this.#options,
      problems: this.#problems,
      onTerm: (term, state) => this.#goOnIn(term, state),
    })
    this.#term = new Term([], clock.now(), () => {})
    this.#clockWatch = new ClockWatch(clock)
    this.#controller = this.#controllerOf(this.#term, freshState)
    const pass = async (kind: PassKind): Promise<void> => {
      void (await this.#pass(kind))
    }
    this.#loop = new Loop({ clock, intervalMs, signal, pass })
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
    signal?.throwIfAborted()
    this.#abort.signal.throwIfAborted()
    this.#started ??= this.#start().catch((error: unknown) => {
      this.#started = undefined
      throw error
    })
    const stop = (): void => {
      this.stop().catch((error: unknown) => {
        this.#problems.failed('loop-failed', '', `stop ${this.#options.group}`, error)
      })
    }
    const forget = (): void => signal?.removeEventListener('abort', stop)
    signal?.addEventListener('abort', stop, { once: true })
    this.#abort.signal.addEventListener('abort', forget, { once: true })
    try {
      await this.#started
    } catch (error) {
      // A standby asks again and again, with one signal of its program.
      forget()
      this.#abort.signal.removeEventListener('abort', forget)
      throw error
    }
  }

  /**
   * One tick, with everything it starts brought to its end: for tests, and for programs that cron runs.
   *
   * @throws FlotillaError `closed` after `stop`
   */
  async tick(): Promise<void> {
    await this.#load()
    let operations = await this.#loop.exclusive(() => this.#pass('tick'))
    // What an operation brought about (a drain that is over) may call for another; four in a row end any life.
    for (let round = 0; operations.length > 0 && round < 4; round += 1) {
      await Promise.all(operations)
      operations = await this.#loop.exclusive(() => this.#pass('reconcile'))
    }
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
    const { terminate = false } = checkOptions('stop', stopSchema, options)
    if (this.#stopped === undefined) this.#stopped = this.#stop(options)
    else if (terminate && !this.#isEnding) this.#stopped = this.#stopped.then(() => this.#endStopped(options))
    const stopped = this.#stopped
    if (!terminate || this.#isEnding) return stopped
    this.#isEnding = true
    stopped.catch(() => {
      // The loop has stopped all the same, and the ending may be asked for once more.
      this.#stopped = Promise.resolve()
      this.#isEnding = false
    })
    return stopped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  status(): GroupStatus {
    const { group, min, max } = this.#options
    const { state } = this.#controller
    return {
      group,
      min,
      max,
      owner: this.#ownership.owner(),
      desired: state.desired,
      instances: this.#controller.shown(),
      suspended: [...state.suspended],
      readings: this.#controller.readings,
      lastDecision: this.#decisions.find({ limit: 1 })[0]?.trace,
      problems: this.#problems.standing,
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
    await this.#change(commands.setDesired(count, this.#options))
  }

  /** Suspends processes, by default all: the group is then left exactly as it is. It outlives a restart. */
  async pause(...given: readonly Process[]): Promise<void> {
    const processes = commands.checkProcesses('pause', given)
    await this.#change(commands.pause(processes))
    this.#events.emit('paused', { processes })
  }

  /** Takes up suspended processes, by default all. */
  async resume(...given: readonly Process[]): Promise<void> {
    const processes = commands.checkProcesses('resume', given)
    await this.#change(commands.resume(processes))
    this.#events.emit('resumed', { processes })
  }

  /**
   * Keeps instances from being terminated, by scale-in and by replacement; one that is draining goes back into service.
   *
   * @throws FlotillaError `not-found`; `conflict` for one that is terminating already
   */
  async protect(...ids: readonly string[]): Promise<void> {
    await this.#change(commands.protect(ids, this.#options.clock.now()))
  }

  async unprotect(...ids: readonly string[]): Promise<void> {
    await this.#change(commands.unprotect(ids))
  }

  /**
   * Takes instances out of service, to be looked at: drained, not terminated, not counted. Others take their place.
   *
   * @throws FlotillaError `not-found`; `conflict` for one that is on its way out
   */
  async enterStandby(...ids: readonly string[]): Promise<void> {
    await this.#change(commands.enterStandby(ids, this.#options.clock.now()))
  }

  /** Brings instances back from standby, through their probe. */
  async exitStandby(...ids: readonly string[]): Promise<void> {
    await this.#change(commands.exitStandby(ids, this.#options.clock.now()))
  }

  async #start(): Promise<void> {
    await this.#load()
    const { backend, group, clock } = this.#options
    const { signal } = this.#abort
    this.#isLooping = true
    await this.#loop.start()
    if (signal.aborted) return
    this.#events.emit('started', { adoptedCount: this.#controller.state.members.size })
    const onChange = (change?: InstanceChange): void => {
      if (change !== undefined) this.#controller.heard(change)
      this.#loop.wake('check')
    }
    void watchChanges({ backend, group, clock, signal, problems: this.#problems, onChange })
  }

  async #load(): Promise<void> {
    this.#abort.signal.throwIfAborted()
    this.#loaded ??= this.#loadState()
    try {
      await this.#loaded
    } catch (error) {
      this.#loaded = undefined
      throw error
    }
  }

  async #loadState(): Promise<void> {
    const { term, state } = await this.#ownership.begin(this.#abort.signal)
    this.#controller = this.#controllerOf(term, state)
  }

  /** Takes up a term that began by itself, with the state as it is stored by now. */
  #goOnIn(term: Term, state: GroupState | undefined): void {
    void this.#loop.exclusive(async () => {
      // The times in what another has stored are of its clock, and a jump of this one is nothing to them.
      if (state !== undefined && !isNext(this.#term, term))
        this.#clockWatch = new ClockWatch(this.#options.clock)
      this.#controller = this.#controllerOf(term, state ?? this.#controller.state)
    })
    this.#loop.wake('tick')
  }

  #controllerOf(term: Term, state: GroupState): Controller {
    this.#term = term
    const { backend, balancer } = this.#options
    const signal = AbortSignal.any([this.#abort.signal, term.lost])
    setMaxListeners(0, signal)
    const controller = new Controller({
      options: {
        ...this.#options,
        backend: ownersBackend(backend, term),
        balancer: balancer && ownersBalancer(balancer, term),
      },
      term,
      onConflict: (error) => this.#ownership.lose(term, error),
      events: this.#events,
      problems: this.#problems,
      signal,
      clockWatch: this.#clockWatch,
      wake: (kind, delayMs) => this.#loop.wake(kind, delayMs),
      isLooping: () => this.#isLooping,
    })
    controller.state = state
    return controller
  }

  async #pass(kind: PassKind): Promise<readonly Promise<void>[]> {
    const controller = this.#controller
    if (!controller.mayAct()) return []
    try {
      const operations = await controller.pass(kind)
      this.#problems.over('loop-failed', '')
      return operations
    } catch (error) {
      if (!controller.isOver)
        this.#problems.failed('loop-failed', '', `${kind} of ${this.#options.group}`, error)
      return []
    }
  }

  async #change(change: commands.Change): Promise<void> {
    await this.#load()
    await this.#loop.exclusive(async () => {
      this.#ownership.assertHeld(`change group ${this.#options.group}`)
      this.#controller.state = change(this.#controller.state)
      await this.#controller.save()
    })
    this.#loop.wake('reconcile')
  }

  /** Ends a group whose loop was stopped before: as a new controller, since it may have another one by now. */
  async #endStopped(stopOptions: StopOptions): Promise<void> {
    const { store, logger: _, ...given } = this.#options.given
    const successor = new Autoscaler({
      ...given,
      store: store ?? this.#options.store,
      log: [],
      logger: silentLogger,
    })
    for (const name of eventNames) successor.on(name, (event) => this.#events.emit(name, event))
    try {
      await successor.stop(stopOptions)
    } finally {
      this.#controller.state = successor.#controller.state
    }
  }

  async #mayEnd(): Promise<void> {
    await this.#load()
    this.#ownership.assertHeld(`end group ${this.#options.group}`)
  }

  async #stop({ terminate = false, drainMs }: StopOptions): Promise<void> {
    // Only who holds the group's state may end the group: another controller may be at work on it.
    const refusal = terminate ? await this.#mayEnd().catch((error: unknown) => ({ error })) : undefined
    this.#abort.abort(new FlotillaError('closed', `the autoscaler of ${this.#options.group} was stopped`))
    await this.#loop.idle()
    if (refusal !== undefined) {
      await this.#ownership.release()
      throw refusal.error
    }
    let leftCount = this.#controller.state.members.size
    let failure: FlotillaError | undefined
    if (terminate) {
      const ending = {
        drainMs: drainMs ?? Math.min(mostDrainMs, this.#options.timeouts.balanceMs),
        ...(await this.#controller.cutOff()),
      }
      const { state } = this.#controller
      const ended = await endGroup(this.#controller.options, state, this.#events, this.#problems, ending)
      this.#controller.state = ended.state
      leftCount = ended.leftCount
      failure = ended.failure
    }
    if (this.#loaded !== undefined) await this.#controller.save()
    await this.#ownership.release()
    this.#events.emit('stopped', { leftCount })
    this.#events.close()
    if (failure !== undefined) throw failure
  }
}

/** Whether nobody had the group in between: each who has it takes the next token. */
const isNext = (before: Term, { token }: Term): boolean =>
  before.token === undefined || token === undefined || token <= before.token + 1

const isDecisionLog = (recorder: object): recorder is DecisionLog => 'at' in recorder && 'explain' in recorder
