import { setMaxListeners } from 'node:events'
import { invalidOption } from '../check-options.js'
import { FlotillaError, messageOf } from '../errors.js'
import type { DecisionTrace } from '../decide/trace.js'
import type { Reading } from '../metrics/metrics.js'
import type { TrackedInstance } from '../model.js'
import { watchChanges } from './change-watch.js'
import { assertStays, changeMembers, checkProcesses } from './commands.js'
import { Controller } from './controller.js'
import { type AutoscalerEvents, type EventName, Events } from './events.js'
import { type FullOptions, fullOptions } from './full-options.js'
import { type GroupState, type Process, freshState } from './group-state.js'
import { loadState } from './load-state.js'
import { logEvents } from './log-events.js'
import { Loop, type PassKind } from './loop.js'
import type { AutoscalerOptions } from './options.js'
import { Problems } from './problems.js'
import { terminateAll } from './terminate-all.js'

/** The group as it is known at this moment. */
export interface GroupStatus {
  readonly group: string
  readonly min: number
  readonly max: number
  /** Undefined until the group was seen for the first time. */
  readonly desired: number | undefined
  /** Launches that are under way are in it, with an id of `launch:` and the token. */
  readonly instances: readonly TrackedInstance[]
  readonly suspended: readonly Process[]
  /** What the last tick read, as the sources gave it. */
  readonly readings: readonly Reading[]
  readonly lastDecision: DecisionTrace | undefined
}

export interface StopOptions {
  /** Ends every instance but the protected ones, drained first; by default the group goes on running. */
  readonly terminate?: boolean | undefined
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
  readonly #abort = new AbortController()
  readonly #loop: Loop
  readonly #controller: Controller
  #started: Promise<void> | undefined
  #loaded: Promise<void> | undefined
  #stopped: Promise<void> | undefined
  #isLooping = false
  #unlock: (() => Promise<void>) | undefined

  /** @throws FlotillaError `invalid-options`, naming the field, the value and what would do */
  constructor(options: AutoscalerOptions) {
    this.#options = fullOptions(options)
    const { logger, group, clock, intervalMs } = this.#options
    this.#events = new Events((error, name) => {
      logger.error({ group, event: name }, `a listener of ${name} failed: ${messageOf(error)}`)
    })
    logEvents(this.#events, logger, group)
    this.#problems = new Problems(this.#events)
    const { signal } = this.#abort
    // Every call under way listens to it, and a large group has many: that is no leak.
    setMaxListeners(0, signal)
    this.#controller = new Controller({
      options: this.#options,
      events: this.#events,
      problems: this.#problems,
      signal,
      wake: (kind, delayMs) => this.#loop.wake(kind, delayMs),
      isLooping: () => this.#isLooping,
    })
    const pass = async (kind: PassKind): Promise<void> => {
      void (await this.#pass(kind))
    }
    this.#loop = new Loop({ clock, intervalMs, signal, pass })
  }

  /** Listens to an event; returns what takes the listener off again. */
  on<Name extends EventName>(name: Name, listener: (event: AutoscalerEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Finds the group and starts the loop; resolves after the first tick. A backend that cannot be reached is no reason to
   * reject: it is told as a `problem` and asked again at every tick.
   *
   * @throws FlotillaError `closed` after `stop`; `conflict` when another controller holds the group's state
   */
  start(): Promise<void> {
    this.#started ??= this.#start().catch((error: unknown) => {
      this.#started = undefined
      throw error
    })
    return this.#started
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
   * Stops the loop. Calls under way are aborted; what they began is taken up by the next controller. May be called twice.
   *
   * @throws FlotillaError `conflict` when asked to terminate a group that another controller holds; nothing is ended then
   */
  stop(options: StopOptions = {}): Promise<void> {
    this.#stopped ??= this.#stop(options)
    return this.#stopped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  status(): GroupStatus {
    const { group, min, max } = this.#options
    const { state, decisions } = this.#controller
    return {
      group,
      min,
      max,
      desired: state.desired,
      instances: this.#controller.tracked(),
      suspended: [...state.suspended],
      readings: this.#controller.readings,
      lastDecision: decisions.at(-1),
    }
  }

  /** The latest decisions, oldest first: why the group is the size it is. */
  decisions(): readonly DecisionTrace[] {
    return [...this.#controller.decisions]
  }

  /**
   * Sets the count by hand. Policies go on from there at the next tick, damped as ever; `pause('scaling')` keeps it.
   *
   * @throws FlotillaError `invalid-options` when it is not a whole number within min..max
   */
  async setDesired(count: number): Promise<void> {
    const { min, max } = this.#options
    if (!Number.isSafeInteger(count) || count < min || count > max) {
      throw invalidOption('setDesired', 'count', count, `a whole number within min..max (${min}..${max})`)
    }
    await this.#change((state) => ({ ...state, desired: count }))
  }

  /** Suspends processes, by default all: the group is then left exactly as it is. It outlives a restart. */
  async pause(...processes: readonly Process[]): Promise<void> {
    const paused = checkProcesses('pause', processes)
    await this.#change((state) => ({ ...state, suspended: new Set([...state.suspended, ...paused]) }))
    this.#events.emit('paused', { processes: paused })
  }

  /** Takes up suspended processes, by default all. */
  async resume(...processes: readonly Process[]): Promise<void> {
    const resumed = checkProcesses('resume', processes)
    await this.#change((state) => ({
      ...state,
      suspended: new Set([...state.suspended].filter((process) => !resumed.includes(process))),
    }))
    this.#events.emit('resumed', { processes: resumed })
  }

  /**
   * Keeps instances from being terminated, by scale-in and by replacement; one that is draining goes back into service.
   *
   * @throws FlotillaError `not-found`; `conflict` for one that is terminating already
   */
  async protect(...ids: readonly string[]): Promise<void> {
    const stateSince = this.#options.clock.now()
    await this.#change((state) =>
      changeMembers(state, 'protect', ids, (member) => {
        if (member.state === 'draining') return { isProtected: true, state: 'in-service', stateSince }
        if (member.state === 'terminating') assertStays(member, 'protect')
        return { isProtected: true }
      }),
    )
  }

  async unprotect(...ids: readonly string[]): Promise<void> {
    await this.#change((state) => changeMembers(state, 'unprotect', ids, () => ({ isProtected: false })))
  }

  /**
   * Takes instances out of service, to be looked at: drained, not terminated, not counted. Others take their place.
   *
   * @throws FlotillaError `not-found`; `conflict` for one that is on its way out
   */
  async enterStandby(...ids: readonly string[]): Promise<void> {
    const stateSince = this.#options.clock.now()
    await this.#change((state) =>
      changeMembers(state, 'enterStandby', ids, (member) => {
        assertStays(member, 'enterStandby')
        return { state: 'standby', stateSince }
      }),
    )
  }

  /** Brings instances back from standby, through their probe. */
  async exitStandby(...ids: readonly string[]): Promise<void> {
    const stateSince = this.#options.clock.now()
    await this.#change((state) =>
      changeMembers(state, 'exitStandby', ids, (member) =>
        member.state === 'standby' ? { state: 'launching', stateSince } : {},
      ),
    )
  }

  async #start(): Promise<void> {
    await this.#load()
    const { backend, group, clock } = this.#options
    const { signal } = this.#abort
    this.#isLooping = true
    await this.#loop.start()
    if (signal.aborted) return
    this.#events.emit('started', { adoptedCount: this.#controller.state.members.size })
    const onChange = (): void => this.#loop.wake('check')
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
    const { state, unlock } = await loadState(this.#options, this.#problems, this.#abort.signal)
    this.#controller.state = state
    this.#unlock = unlock
  }

  async #pass(kind: PassKind): Promise<readonly Promise<void>[]> {
    try {
      const operations = await this.#controller.pass(kind)
      this.#problems.over('loop-failed', '')
      return operations
    } catch (error) {
      if (!this.#abort.signal.aborted)
        this.#problems.failed('loop-failed', '', `${kind} of ${this.#options.group}`, error)
      return []
    }
  }

  async #change(change: (state: GroupState) => GroupState): Promise<void> {
    await this.#load()
    await this.#loop.exclusive(async () => {
      this.#controller.state = change(this.#controller.state)
      await this.#controller.save()
    })
    this.#loop.wake('reconcile')
  }

  async #stop({ terminate = false }: StopOptions): Promise<void> {
    // Only who holds the group's state may end the group: another controller may be at work on it.
    const refusal = terminate ? await this.#load().catch((error: unknown) => ({ error })) : undefined
    this.#abort.abort(new FlotillaError('closed', `the autoscaler of ${this.#options.group} was stopped`))
    await this.#loop.idle()
    if (refusal !== undefined) throw refusal.error
    const { state } = this.#controller
    let leftCount = state.members.size
    if (terminate) {
      const left = new Set((await terminateAll(this.#options, state, this.#problems)).map(({ id }) => id))
      leftCount = left.size
      for (const member of state.members.values()) {
        if (left.has(member.id)) continue
        this.#events.emit('instance', {
          instance: member,
          from: member.state,
          to: 'gone',
          reason: 'the group was ended',
        })
      }
      const members = new Map([...state.members].filter(([id]) => left.has(id)))
      // A group that was ended starts afresh next time, from what is found then.
      this.#controller.state = { ...freshState, members, suspended: state.suspended }
    }
    if (this.#loaded !== undefined) await this.#controller.save()
    await this.#unlock?.()
    this.#events.emit('stopped', { leftCount })
  }
}
