import { setMaxListeners } from 'node:events'
import type { InstanceChange } from '../backend.js'
import { FlotillaError } from '../errors.js'
import { silentLogger } from '../logger.js'
import { Controller } from './controller.js'
import { closeGiven } from './drivers/close-given.js'
import { endGroup } from './drivers/end-group.js'
import type { Change } from './life/commands.js'
import { type GroupState, freshState } from './life/group-state.js'
import { watchChanges } from './loop/change-watch.js'
import { ClockWatch } from './loop/clock-watch.js'
import { Loop, type PassKind } from './loop/loop.js'
import { type FullOptions, fullOptions } from './options/full-options.js'
import type { StopOptions } from './options/run-options.js'
import { ownersBackend, ownersBalancer } from './ownership/owner-only.js'
import { type GroupOwner, Ownership } from './ownership/ownership.js'
import { Term } from './ownership/term.js'
import type { Events } from './telling/events.js'
import { Problems } from './telling/problems.js'

/** Twice the drain bound of our own balancers. */
const mostDrainMs = 60_000

/** One group under control, from `start` to `stop`: its loop, who owns it, and a controller for each term. */
export class GroupRun {
  readonly problems: Problems
  readonly #options: FullOptions
  readonly #events: Events
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

  constructor(options: FullOptions, events: Events) {
    const { clock, intervalMs } = options
    this.#options = options
    this.#events = events
    this.problems = new Problems(events, () => clock.now())
    const { signal } = this.#abort
    // Every call under way listens to it, and a large group has many: that is no leak.
    setMaxListeners(0, signal)
    this.#ownership = new Ownership({
      options,
      problems: this.problems,
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

  /** Of the term of now. */
  get controller(): Controller {
    return this.#controller
  }

  owner(): GroupOwner | undefined {
    return this.#ownership.owner()
  }

  /** As `Autoscaler.start` says. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    this.#abort.signal.throwIfAborted()
    this.#started ??= this.#start().catch((error: unknown) => {
      this.#started = undefined
      throw error
    })
    const stop = (): void => {
      this.stop({}).catch((error: unknown) => {
        this.problems.failed('loop-failed', '', `stop ${this.#options.group}`, error)
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

  /** As `Autoscaler.tick` says. */
  async tick(): Promise<void> {
    await this.#load()
    let operations = await this.#loop.exclusive(() => this.#pass('tick'))
    // What an operation brought about (a drain that is over) may call for another; four in a row end any life.
    for (let round = 0; operations.length > 0 && round < 4; round += 1) {
      await Promise.all(operations)
      operations = await this.#loop.exclusive(() => this.#pass('reconcile'))
    }
  }

  /** As `Autoscaler.stop` says. */
  async stop(options: StopOptions): Promise<void> {
    await this.#stopOnce(options)
    if (options.close === true) await closeGiven(this.#options)
  }

  #stopOnce(options: StopOptions): Promise<void> {
    const { terminate = false } = options
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

  /** Changes the state by hand, and stores it. */
  async change(change: Change): Promise<void> {
    await this.#load()
    await this.#loop.exclusive(async () => {
      this.#ownership.assertHeld(`change group ${this.#options.group}`)
      this.#controller.state = change(this.#controller.state)
      await this.#controller.save()
    })
    this.#loop.wake('reconcile')
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
    void watchChanges({ backend, group, clock, signal, problems: this.problems, onChange })
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
      problems: this.problems,
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
      this.problems.over('loop-failed', '')
      return operations
    } catch (error) {
      if (!controller.isOver)
        this.problems.failed('loop-failed', '', `${kind} of ${this.#options.group}`, error)
      return []
    }
  }

  /** Ends a group whose loop was stopped before: as a new controller, since it may have another one by now. */
  async #endStopped(stopOptions: StopOptions): Promise<void> {
    const { store, given } = this.#options
    const options = fullOptions({ ...given, store, log: [], logger: silentLogger })
    const successor = new GroupRun(options, this.#events)
    try {
      await successor.#stopOnce(stopOptions)
    } finally {
      this.#controller.state = successor.controller.state
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
      const ended = await endGroup(this.#controller.options, state, this.#events, this.problems, ending)
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
