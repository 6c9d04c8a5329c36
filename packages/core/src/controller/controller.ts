import { randomBytes } from 'node:crypto'
import type { BalancerMember } from '../balancer.js'
import type { InstanceChange } from '../backend.js'
import type { Reading } from '../metrics/metrics.js'
import { ReadingSet } from '../metrics/readings/reading-set.js'
import { type Instance, isCapacity, isReady } from '../model.js'
import type { ProbeResult } from '../probes/probe.js'
import { cutOff } from './drivers/cut-off.js'
import { withLastWords } from './drivers/last-words.js'
import { listGroup } from './drivers/list-group.js'
import { probeMembers, waitsForProbe } from './drivers/prober.js'
import type { Ending } from './drivers/terminate-all.js'
import { type Sighting, advance } from './life/advance.js'
import { type GroupState, freshState, type Member } from './life/group-state.js'
import { trafficOf } from './life/platform-health.js'
import { notReadyReason } from './life/reasons.js'
import { reconcile } from './life/reconcile.js'
import type { ClockWatch } from './loop/clock-watch.js'
import type { PassKind } from './loop/loop.js'
import { nextDueMs } from './loop/next-due.js'
import { shiftTimes } from './loop/shift-times.js'
import type { FullOptions } from './options/full-options.js'
import { RivalWatch } from './ownership/rival-watch.js'
import { type SaveContext, saveState } from './ownership/save-state.js'
import { type Parts, type PartsContext, mostCheckMs, partsOf } from './parts.js'
import { tellBackendProblems } from './telling/backend-problems.js'
import type { ShownInstance } from './telling/group-status.js'
import { tellBraked, tellPlanProblems } from './telling/plan-problems.js'
import { shownInstances, trackedInstances } from './telling/shown-group.js'
import { plainInstance } from './telling/shown-instance.js'
import { tellFailedStarts, tellSlowStarts, tellUnseenLaunches } from './telling/start-problems.js'
import { ToldChanges } from './telling/told-changes.js'
import type { VictimFacts } from './victims/victim-policy.js'

export interface ControllerContext extends PartsContext, SaveContext {
  /** Goes on over the terms that follow one another: the state of one is the state of the next. */
  readonly clockWatch: ClockWatch
  /** Whether starting instances are watched between passes. */
  readonly isLooping: () => boolean
}

/** Once all else is observed, a tick waits no longer for the check of the front. */
const checkGraceMs = 1000

/** Holds one group's state and carries out one pass at a time. */
export class Controller {
  readonly #context: ControllerContext
  readonly #parts: Parts
  readonly #rivals: RivalWatch
  readonly #answered = new Set<string>()
  readonly #told = new ToldChanges()
  readonly #beganAt: number
  #readings: ReadingSet = new ReadingSet()
  #canList = false
  state: GroupState = freshState

  constructor(context: ControllerContext) {
    this.#context = context
    const { options, problems } = context
    const { backend, group, clock, intervalMs } = options
    this.#rivals = new RivalWatch({ backend, group, clock, intervalMs, problems })
    this.#beganAt = clock.now()
    this.#parts = partsOf(context)
  }

  get readings(): readonly Reading[] {
    return this.#readings.all
  }

  /** With a backend and a balancer that act in this term only. */
  get options(): FullOptions {
    return this.#context.options
  }

  /** Whether its term was lost, or the autoscaler stopped. */
  get isOver(): boolean {
    return this.#context.signal.aborted
  }

  /** Whether the group is this controller's at this moment. In a dry run nobody minds. */
  mayAct(): boolean {
    return this.#context.term.isHeld()
  }

  /** One pass. Returns the operations it started; they never reject. */
  async pass(kind: PassKind): Promise<readonly Promise<void>[]> {
    const { options, events } = this.#context
    const startMs = options.clock.monotonic()
    this.#noticeClock()
    if (kind === 'tick' && !options.dryRun) this.#parts.front?.begin()
    const open = new Set(this.#parts.operations.open)
    const { launched, failedLaunches, terminated, notTerminated } = this.#parts.operations.take()
    const listed = kind === 'reconcile' ? undefined : await this.#list()
    this.#rivals.give(this.state.intents.keys())
    if (listed !== undefined && !options.dryRun) {
      const ended = new Set([...terminated, ...this.#parts.operations.terminating])
      this.#rivals.see({ listed, members: this.state.members, ended })
    }
    const before = this.state.members
    const launchErrors = new Map(failedLaunches.map(({ token, error }) => [token, error.message]))
    const launching = new Set([...this.#parts.operations.launching, ...open])
    await this.#advance({
      listed,
      endOf: ({ id, token }) => ({
        told: this.#told.of(id),
        launchError: launchErrors.get(token),
        isLaunching: launching.has(token),
      }),
      open,
      launched,
      failedLaunchCount: failedLaunches.length,
      terminated,
      notTerminated,
      probes: this.#takeAnswered(),
    })
    if (listed !== undefined) this.#startAt(listed)
    // A tick's observation may take seconds, in which one that cannot serve would go on getting requests.
    const early = kind === 'tick' ? this.#takeOutNow(before) : []
    if (kind === 'tick' && listed !== undefined) await this.#observeAndDecide()
    // A group that cannot be seen is left alone.
    const acted = this.#canList && !options.dryRun ? await this.#act() : []
    const operations = [...early, ...acted]
    if (kind === 'tick') {
      const readyCount = [...this.state.members.values()].filter(isReady).length
      const durationMs = options.clock.monotonic() - startMs
      const desired = this.state.desired ?? 0
      events.emit('tick', { at: options.clock.now(), durationMs, desired, readyCount })
    }
    return operations
  }

  /** Stores the state as it is. */
  async save(): Promise<void> {
    await saveState(this.state, this.#context)
  }

  /** What the backend told of an instance as it happened. */
  heard(change: InstanceChange): void {
    this.#told.hear(change)
  }

  /** The instances as everybody may see them. */
  shown(): readonly ShownInstance[] {
    const { group, life } = this.#context.options
    return shownInstances(group, this.state, { life, answers: this.#parts.prober?.answers })
  }

  /** As `cutOff` says, of this controller's calls. */
  async cutOff(): Promise<Omit<Ending, 'drainMs'>> {
    return cutOff(this.#parts.operations, this.state, this.#context.options, this.#beganAt)
  }

  async #list(): Promise<readonly Instance[] | undefined> {
    const { options, problems, signal } = this.#context
    const { backend, group, clock, timeouts } = options
    const what = `list group ${group} on ${backend.name}`
    try {
      const listed = await listGroup(backend, group, { clock, timeoutMs: timeouts.listMs, what, signal })
      problems.over('list-failed', '')
      this.#canList = true
      tellBackendProblems(backend, group, problems)
      return listed
    } catch (error) {
      signal.throwIfAborted()
      this.#canList = false
      problems.failed('list-failed', '', what, error)
      return undefined
    }
  }

  async #advance(sighting: Omit<Sighting, 'now' | 'random' | 'answers'>): Promise<void> {
    const { options, events, problems } = this.#context
    const before = this.state.backoff
    const now = options.clock.now()
    const answers = this.#parts.prober?.answers
    const { backend, clock, life, intervalMs } = options
    const advanced = await withLastWords(
      advance(this.state, { ...sighting, answers, now, random: options.random() }, life),
      { backend, clock, signal: this.#context.signal },
    )
    this.state = advanced.state
    this.#parts.prober?.keepOnly(this.state.members)
    for (const change of advanced.changes) {
      events.emit('instance', { ...change, instance: plainInstance(change.instance) })
      if (change.to === 'gone') problems.over('terminate-failed', change.instance.id)
    }
    tellFailedStarts(advanced.changes, this.state, problems)
    tellUnseenLaunches(this.state, backend.name, problems)
    tellSlowStarts(this.state.members, problems, {
      now,
      intervalMs,
      readyTimeoutMs: life.readyTimeoutMs,
      reasonOf: (member) => notReadyReason(member, life, answers?.get(member.id)),
    })
    const { failures, until } = this.state.backoff
    if (failures > before.failures) events.emit('backoff', { failures, until })
    tellBraked(advanced.brakedCount, problems)
  }

  /** The first sight of a group settles the count it starts from. */
  #startAt(listed: readonly Instance[]): void {
    const { min, max, desired, dryRun } = this.#context.options
    if (this.state.desired !== undefined && !dryRun) return
    const found = [...this.state.members.values()].filter(isCapacity).length
    const start = dryRun ? listed.length : (desired ?? Math.min(max, Math.max(min, found)))
    this.state = { ...this.state, desired: start }
  }

  async #observeAndDecide(): Promise<void> {
    const { options, signal } = this.#context
    const [probes, readings] = await Promise.all([
      probeMembers(this.#parts.prober, this.state.members.values(), signal),
      this.#parts.sampler.sample(options.group, [...this.state.members.values()], signal),
      this.#parts.front?.over(this.#context.isLooping() ? checkGraceMs : mostCheckMs),
    ])
    this.#readings = new ReadingSet(readings)
    await this.#advance({ probes })
    this.state = this.#parts.decider.decide(this.state, trackedInstances(options.group, this.state), readings)
  }

  async #act(): Promise<readonly Promise<void>[]> {
    const { options, events, problems, signal, wake, isLooping } = this.#context
    const now = options.clock.now()
    const plan = reconcile(this.state, {
      now,
      max: options.max,
      parallelLaunches: options.parallelLaunches,
      hasBalancer: this.#parts.driver !== undefined,
      victims: this.#victimFacts(),
      launching: this.#parts.operations.launching,
      open: this.#parts.operations.open,
      terminating: this.#parts.operations.terminating,
      outOfBalancer: this.#parts.driver?.out ?? new Set(),
      newToken: () => randomBytes(6).toString('hex'),
    })
    this.state = plan.state
    for (const change of plan.changes)
      events.emit('instance', { ...change, instance: plainInstance(change.instance) })
    tellPlanProblems(plan, problems)

    // What is about to be asked for is stored first, so that a crash in between cannot make it twice.
    await this.save()
    signal.throwIfAborted()
    const operations = plan.launch.map((token) => this.#parts.operations.launch(token))
    if (plan.terminate.length > 0) operations.push(this.#parts.operations.terminate(plan.terminate))
    const sync = this.#parts.driver?.update(plan.balance, this.#others(plan.balance))
    if (sync !== undefined) operations.push(sync)
    if (isLooping()) {
      const waiting = [...this.state.members.values()].filter(waitsForProbe)
      this.#parts.prober?.watch(waiting, signal, (id) => {
        this.#answered.add(id)
        wake('reconcile')
      })
      const due = nextDueMs(this.state, options.life, now, this.#parts.driver?.retryInMs)
      if (due !== undefined) wake(due.kind, due.inMs)
    }
    return operations
  }

  #takeOutNow(before: ReadonlyMap<string, Member>): readonly Promise<void>[] {
    if (!this.#canList || this.#context.options.dryRun) return []
    const members = [...this.state.members.values()]
    const isNew = members.some(
      ({ id, heldOut }) => heldOut !== undefined && before.get(id)?.heldOut === undefined,
    )
    if (!isNew) return []
    const { balance } = trafficOf(members)
    const sync = this.#parts.driver?.update(balance, this.#others(balance))
    return sync === undefined ? [] : [sync]
  }

  #victimFacts(): VictimFacts {
    const { victims, balanceZones, busyMetric, backend } = this.#context.options
    return {
      order: victims,
      balanceZones,
      templateHash: backend.templateHash,
      busyMetric,
      busy: this.#readings.ofInstances(busyMetric),
    }
  }

  #others(balanced: readonly BalancerMember[]): readonly string[] {
    const inside = new Set(balanced.map(({ id }) => id))
    return [...this.state.members.keys()].filter((id) => !inside.has(id))
  }

  #takeAnswered(): ReadonlyMap<string, ProbeResult> {
    const answers = new Map([...this.#answered].map((id) => [id, { healthy: true } as const]))
    this.#answered.clear()
    return answers
  }

  #noticeClock(): void {
    const jumpMs = this.#context.clockWatch.jumpMs()
    if (jumpMs === 0) return
    this.state = shiftTimes(this.state, jumpMs, this.#context.options)
    const direction = jumpMs > 0 ? 'ahead' : 'back'
    const message = `the clock jumped ${direction} by ${Math.round(Math.abs(jumpMs))} ms`
    this.#context.problems.happened('clock-jumped', '', message)
  }
}
