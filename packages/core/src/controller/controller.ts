import { randomBytes } from 'node:crypto'
import type { BalancerMember } from '../balancer.js'
import { withDeadline } from '../async/deadline.js'
import { FlotillaError } from '../errors.js'
import type { InstanceChange } from '../backend.js'
import type { Reading } from '../metrics/metrics.js'
import { ReadingSet } from '../metrics/readings/reading-set.js'
import { type Instance, type TrackedInstance, isCapacity, isReady } from '../model.js'
import type { ProbeResult } from '../probes/probe.js'
import { type Sighting, advance, brokenReason, isServing } from './life/advance.js'
import { tellBackendProblems } from './telling/backend-problems.js'
import { BalancerDriver } from './drivers/balancer-driver.js'
import type { ClockWatch } from './loop/clock-watch.js'
import { Decider } from './drivers/decider.js'
import type { Events } from './telling/events.js'
import { FrontCheck } from './drivers/front-check.js'
import type { FullOptions } from './options/full-options.js'
import { type GroupState, freshState, type Member, toStored, wantedIntents } from './life/group-state.js'
import type { ShownInstance } from './telling/group-status.js'
import { withLastWords } from './drivers/last-words.js'
import type { PassKind } from './loop/loop.js'
import { nextDueMs } from './loop/next-due.js'
import { Operations } from './drivers/operations.js'
import { impairment, trafficOf } from './life/platform-health.js'
import { Prober } from './drivers/prober.js'
import type { Problems } from './telling/problems.js'
import { noteOf, notReadyReason } from './life/reasons.js'
import { reconcile } from './life/reconcile.js'
import { RivalWatch } from './ownership/rival-watch.js'
import { Sampler } from './drivers/sampler.js'
import { shiftTimes } from './loop/shift-times.js'
import { listGroup } from './drivers/list-group.js'
import type { Term } from './ownership/term.js'
import { plainInstance, shownInstance } from './telling/shown-instance.js'
import { tellFailedStarts, tellSlowStarts } from './telling/start-problems.js'
import type { Ending } from './drivers/terminate-all.js'
import type { VictimFacts } from './victims/victim-policy.js'

export interface ControllerContext {
  readonly options: FullOptions
  /** In which it acts. It stores nothing beyond it. */
  readonly term: Term
  /** The group is another's by now. */
  readonly onConflict: (error: FlotillaError) => void
  readonly events: Events
  readonly problems: Problems
  readonly signal: AbortSignal
  /** Asks for another pass. */
  readonly wake: (kind: PassKind, delayMs?: number) => void
  /** Goes on over the terms that follow one another: the state of one is the state of the next. */
  readonly clockWatch: ClockWatch
  /** Whether starting instances are watched between passes. */
  readonly isLooping: () => boolean
}

/** A check of the front takes no longer, and a tick waits no longer for it once all else is observed. */
const mostCheckMs = 10_000
const checkGraceMs = 1000
/** A backend settles soon after its calls were aborted: it has half-made machines to take away. */
const mostSettleMs = 30_000

/** Of so many instances what was told last is remembered. */
const mostTold = 1000

/** Holds one group's state and carries out one pass at a time. */
export class Controller {
  readonly #context: ControllerContext
  readonly #sampler: Sampler
  readonly #decider: Decider
  readonly #prober: Prober | undefined
  readonly #operations: Operations
  readonly #driver: BalancerDriver | undefined
  readonly #front: FrontCheck | undefined
  readonly #clockWatch: ClockWatch
  readonly #rivals: RivalWatch
  readonly #answered = new Set<string>()
  readonly #told = new Map<string, string>()
  readonly #beganAt: number
  #readings: ReadingSet = new ReadingSet()
  #canList = false
  state: GroupState = freshState

  constructor(context: ControllerContext) {
    this.#context = context
    const { options, problems, signal, wake } = context
    const { backend, balancer, group, clock, timeouts, probe } = options
    this.#clockWatch = context.clockWatch
    this.#rivals = new RivalWatch({ backend, group, clock, intervalMs: options.intervalMs, problems })
    this.#beganAt = clock.now()
    this.#sampler = new Sampler({
      sources: options.sources,
      needed: new Set(
        options.policies.flatMap(({ metrics, optionalMetrics = [] }) => [...metrics, ...optionalMetrics]),
      ),
      clock,
      timeoutMs: timeouts.sampleMs,
      problems,
    })
    this.#decider = new Decider(options, this.#sampler.rules, context.events)
    if (probe !== undefined)
      this.#prober = new Prober({ probe, clock, timeoutMs: timeouts.probeMs, parallel: 50 })
    const wakeNow = (): void => wake('reconcile')
    this.#operations = new Operations({
      backend,
      group,
      clock,
      signal,
      problems,
      launchTimeoutMs: timeouts.launchMs,
      terminateTimeoutMs: timeouts.terminateMs,
      wake: wakeNow,
    })
    if (balancer !== undefined) {
      const timeoutMs = timeouts.balanceMs
      this.#driver = new BalancerDriver({ balancer, clock, timeoutMs, signal, problems, wake: wakeNow })
      const onLost = (): void => {
        this.#driver?.lost()
        wakeNow()
      }
      const checkMs = Math.min(timeoutMs, mostCheckMs)
      this.#front = new FrontCheck({ balancer, clock, timeoutMs: checkMs, signal, problems, onLost })
    }
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
    if (kind === 'tick' && !options.dryRun) this.#front?.begin()
    const open = new Set(this.#operations.open)
    const { launched, failedLaunches, terminated, notTerminated } = this.#operations.take()
    const listed = kind === 'reconcile' ? undefined : await this.#list()
    this.#rivals.give(this.state.intents.keys())
    if (listed !== undefined && !options.dryRun) {
      const ended = new Set([...terminated, ...this.#operations.terminating])
      this.#rivals.see({ listed, members: this.state.members, ended })
    }
    const before = this.state.members
    const launchErrors = new Map(failedLaunches.map(({ token, error }) => [token, error.message]))
    const launching = new Set([...this.#operations.launching, ...open])
    await this.#advance({
      listed,
      endOf: ({ id, token }) => ({
        told: this.#told.get(id),
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

  /** Stores the state as it is. A store that fails is told of; the group goes on, and is adopted from its labels. */
  async save(): Promise<void> {
    const { options, problems, term, onConflict } = this.#context
    if (options.dryRun || !term.maySave || term.lost.aborted) return
    const { store, group, clock, timeouts } = options
    const { token } = term
    const what = `store the state of ${group}`
    try {
      await withDeadline(() => store.save(group, toStored(this.state), { token }), {
        clock,
        timeoutMs: timeouts.storeMs,
        what,
      })
      problems.over('store-failed', '')
    } catch (error) {
      // No mere failure of the store: what was about to be done is another's to do.
      if (error instanceof FlotillaError && error.code === 'conflict') onConflict(error)
      else problems.failed('store-failed', '', what, error)
    }
  }

  /** What the backend told of an instance as it happened: it may be all that is ever known of its end. */
  heard({ instanceId, what }: InstanceChange): void {
    if (instanceId === undefined) return
    this.#told.delete(instanceId)
    this.#told.set(instanceId, what)
    const [oldest] = this.#told.keys()
    if (this.#told.size > mostTold && oldest !== undefined) this.#told.delete(oldest)
  }

  /** The instances as everybody may see them, launches under way included, with what stands between each and its work. */
  shown(): readonly ShownInstance[] {
    const { life } = this.#context.options
    const answers = this.#prober?.answers
    const tracked: readonly (TrackedInstance | Member)[] = this.tracked()
    return tracked.map((one) => {
      const member = this.state.members.get(one.id)
      const note =
        member === undefined ? 'its launch is under way' : noteOf(member, life, answers?.get(one.id))
      return { ...shownInstance(one), ...(note === undefined ? {} : { note }) }
    })
  }

  /** The instances as policies see them, launches under way included. */
  tracked(): readonly TrackedInstance[] {
    const { group } = this.#context.options
    const coming = wantedIntents(this.state).map(({ token, at }): TrackedInstance => ({
      id: `launch:${token}`,
      group,
      token,
      name: token,
      status: 'pending',
      createdAt: at,
      state: 'launching',
      stateSince: at,
      isProtected: false,
    }))
    return [...this.state.members.values(), ...coming]
  }

  /**
   * Waits, for a while, until the backend has settled every call; then gives the tokens of launches whose machine may appear
   * although no list has shown it: cut off, their reply lost, or asked for by a controller before this one.
   */
  async cutOff(): Promise<Pick<Ending, 'doubtful' | 'unsettled'>> {
    const { clock, life } = this.#context.options
    const timer = new AbortController()
    const bound = clock.sleep(mostSettleMs, { signal: timer.signal }).catch(() => {})
    await Promise.race([this.#operations.settled(), bound])
    timer.abort('settled')
    const inherited = [...this.state.intents.values()].filter(
      ({ askedAt = -Infinity }) => askedAt < this.#beganAt && clock.now() - askedAt < life.lateMs,
    )
    return {
      doubtful: new Set([...this.#operations.open, ...inherited.map(({ token }) => token)]),
      unsettled: () => this.#operations.unsettled,
    }
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
    const answers = this.#prober?.answers
    const { backend, clock, life, intervalMs } = options
    const advanced = await withLastWords(
      advance(this.state, { ...sighting, answers, now, random: options.random() }, life),
      { backend, clock, signal: this.#context.signal },
    )
    this.state = advanced.state
    this.#prober?.keepOnly(this.state.members)
    for (const change of advanced.changes) {
      events.emit('instance', { ...change, instance: plainInstance(change.instance) })
      if (change.to === 'gone') problems.over('terminate-failed', change.instance.id)
    }
    tellFailedStarts(advanced.changes, this.state, problems)
    tellSlowStarts(this.state.members.values(), problems, {
      now,
      intervalMs,
      readyTimeoutMs: life.readyTimeoutMs,
      reasonOf: (member) => notReadyReason(member, life, answers?.get(member.id)),
    })
    const { failures, until } = this.state.backoff
    if (failures > before.failures) events.emit('backoff', { failures, until })
    if (advanced.brakedCount > 0) {
      const message = `${advanced.brakedCount} instances are unhealthy, too many to replace: is it the probe?`
      problems.stands('too-many-unhealthy', '', message)
    } else {
      problems.over('too-many-unhealthy', '')
    }
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
      this.#probe(),
      this.#sampler.sample(options.group, [...this.state.members.values()], signal),
      this.#front?.over(this.#context.isLooping() ? checkGraceMs : mostCheckMs),
    ])
    this.#readings = new ReadingSet(readings)
    await this.#advance({ probes })
    this.state = this.#decider.decide(this.state, this.tracked(), readings)
  }

  async #probe(): Promise<Map<string, ProbeResult>> {
    const capacity = [...this.state.members.values()].filter(isCapacity)
    const asked = capacity.filter((member) => impairment(member) === undefined)
    const results = (await this.#prober?.checkAll(asked, this.#context.signal)) ?? new Map()
    // What the platform says of one counts as the answer of its probe.
    for (const member of capacity) {
      const reason = impairment(member)
      if (reason !== undefined) results.set(member.id, { healthy: false, reason })
    }
    return results
  }

  async #act(): Promise<readonly Promise<void>[]> {
    const { options, events, problems, signal, wake, isLooping } = this.#context
    const now = options.clock.now()
    const plan = reconcile(this.state, {
      now,
      max: options.max,
      parallelLaunches: options.parallelLaunches,
      hasBalancer: this.#driver !== undefined,
      victims: this.#victimFacts(),
      launching: this.#operations.launching,
      open: this.#operations.open,
      terminating: this.#operations.terminating,
      outOfBalancer: this.#driver?.out ?? new Set(),
      newToken: () => randomBytes(6).toString('hex'),
    })
    this.state = plan.state
    for (const change of plan.changes)
      events.emit('instance', { ...change, instance: plainInstance(change.instance) })
    if (plan.keptCount > 0) {
      const message = `${plan.keptCount} over the desired count stay: they are protected, or terminate is paused`
      problems.stands('kept-over-desired', '', message)
    } else {
      problems.over('kept-over-desired', '')
    }

    if (plan.heldReason === undefined) problems.over('held-at-max', '')
    else problems.stands('held-at-max', '', plan.heldReason)
    this.#tellImpaired(plan.keptIn)

    // What is about to be asked for is stored first, so that a crash in between cannot make it twice.
    await this.save()
    signal.throwIfAborted()
    const operations = plan.launch.map((token) => this.#operations.launch(token))
    if (plan.terminate.length > 0) operations.push(this.#operations.terminate(plan.terminate))
    const sync = this.#driver?.update(plan.balance, this.#others(plan.balance))
    if (sync !== undefined) operations.push(sync)
    if (isLooping()) {
      const waiting = [...this.state.members.values()].filter(
        (member) =>
          brokenReason(member) === undefined &&
          impairment(member) === undefined &&
          (member.state === 'launching' || member.heldOut !== undefined),
      )
      this.#prober?.watch(waiting, signal, (id) => {
        this.#answered.add(id)
        wake('reconcile')
      })
      const due = nextDueMs(this.state, options.life, now, this.#driver?.retryInMs)
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
    const sync = this.#driver?.update(balance, this.#others(balance))
    return sync === undefined ? [] : [sync]
  }

  #tellImpaired(keptIn: readonly Member[]): void {
    const { problems } = this.#context
    const kept = new Set(keptIn.map(({ id }) => id))
    const out = [...this.state.members.values()].filter(
      ({ id, state, heldOut }) => heldOut !== undefined && isServing(state) && !kept.has(id),
    )
    for (const { id, name, heldOut } of out)
      problems.stands('impaired', id, `${name} gets no traffic: ${heldOut ?? ''}`)
    problems.onlyAbout('impaired', new Set(out.map(({ id }) => id)))
    const [first] = keptIn
    if (first === undefined) return problems.over('all-impaired', '')
    const who =
      keptIn.length === 1
        ? `${first.name}, the only one that serves, keeps its`
        : `all ${keptIn.length} that serve keep their`
    const message = `${who} traffic, as the platform's check may be wrong: ${first.heldOut ?? ''}`
    problems.stands('all-impaired', '', message)
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
    const jumpMs = this.#clockWatch.jumpMs()
    if (jumpMs === 0) return
    this.state = shiftTimes(this.state, jumpMs, this.#context.options)
    const direction = jumpMs > 0 ? 'ahead' : 'back'
    const message = `the clock jumped ${direction} by ${Math.round(Math.abs(jumpMs))} ms`
    this.#context.problems.happened('clock-jumped', '', message)
  }
}
