import {
  Autoscaler,
  type AutoscalerEvents,
  type AutoscalerOptions,
  type EventName,
  customPolicy,
  silentLogger,
} from '../../src/index.js'
import type { BalancerMember, LoadBalancer, Policy, Probe, SyncReport } from '../../src/index.js'
import { type FakeBackend, FakeClock, fakeBackend } from '../../src/testing/index.js'

/** A policy that wants whatever the test says, or cannot tell. */
export class Wanted {
  count: number | undefined
  readonly policy: Policy

  constructor(count: number | undefined) {
    this.count = count
    this.policy = customPolicy({
      name: 'wanted',
      propose: () =>
        this.count === undefined
          ? { kind: 'cannot-tell', reason: 'nobody said' }
          : { kind: 'count', count: this.count, reason: `the test wants ${this.count}` },
    })
  }
}

/** A probe whose answers the test sets: healthy unless its id is in `sick`. */
export class ScriptedProbe implements Probe {
  readonly name = 'scripted'
  readonly sick = new Set<string>()
  allSick = false

  async check({ instance }: Parameters<Probe['check']>[0]): ReturnType<Probe['check']> {
    if (this.allSick || this.sick.has(instance.id)) return { healthy: false, reason: 'answered 503' }
    return { healthy: true }
  }
}

/** A balancer whose drains end when the test says so. */
export class ScriptedBalancer implements LoadBalancer {
  readonly name = 'scripted'
  members: readonly BalancerMember[] = []
  readonly syncs: (readonly string[])[] = []
  fault: Error | undefined
  /** Drains that wait, by the id that drains. */
  readonly #draining = new Map<string, () => void>()
  holds = false

  get ids(): readonly string[] {
    return this.members.map(({ id }) => id).toSorted()
  }

  async sync(members: readonly BalancerMember[], { signal }: { signal: AbortSignal }): Promise<SyncReport> {
    this.syncs.push(members.map(({ id }) => id))
    if (this.fault !== undefined) throw this.fault
    const removed = this.members.filter(({ id }) => !members.some((member) => member.id === id))
    this.members = members
    const drained: string[] = []
    const readmitted: string[] = []
    await Promise.all(
      removed.map(async ({ id }) => {
        if (this.holds) {
          await new Promise<void>((resolve, reject) => {
            this.#draining.set(id, resolve)
            signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          })
        }
        const isBack = this.members.some((member) => member.id === id)
        ;(isBack ? readmitted : drained).push(id)
      }),
    )
    return { drained, cut: [], readmitted }
  }

  /** Ends the drain of these, or of all. */
  release(...ids: readonly string[]): void {
    for (const [id, resolve] of this.#draining) {
      if (ids.length > 0 && !ids.includes(id)) continue
      this.#draining.delete(id)
      resolve()
    }
  }

  async close(): Promise<void> {}
}

export interface Told {
  readonly name: EventName
  readonly event: AutoscalerEvents[EventName]
}

/** An autoscaler over fakes, with everything it told. */
export interface Rig {
  readonly clock: FakeClock
  readonly backend: FakeBackend
  readonly wanted: Wanted
  readonly web: Autoscaler
  readonly told: readonly Told[]
  /** The moves of instances, as `from->to`. */
  readonly moves: () => readonly string[]
  readonly problems: () => readonly string[]
  readonly running: () => number
  readonly inService: () => readonly string[]
  readonly start: () => Promise<void>
}

export interface RigOptions extends Partial<AutoscalerOptions> {
  readonly wanted?: number | undefined
  readonly fakeBackend?: FakeBackend | undefined
  readonly fakeClock?: FakeClock | undefined
}

const undampedBehavior = {
  scaleOut: { rates: [] },
  scaleIn: { rates: [], windowMs: 0 },
} as const

export function rig({ wanted: count = 1, fakeBackend: given, fakeClock, ...options }: RigOptions = {}): Rig {
  const clock = fakeClock ?? new FakeClock()
  const backend = given ?? fakeBackend({ clock })
  const wanted = new Wanted(count)
  const web = new Autoscaler({
    group: 'web',
    min: 1,
    max: 10,
    intervalMs: 10_000,
    backend,
    clock,
    policy: wanted.policy,
    behavior: undampedBehavior,
    random: () => 0,
    logger: silentLogger,
    ...options,
  })
  const told: Told[] = []
  const names: readonly EventName[] = [
    'started',
    'decision',
    'scaled',
    'instance',
    'problem',
    'recovered',
    'backoff',
    'paused',
    'resumed',
    'tick',
    'stopped',
  ]
  for (const name of names) web.on(name, (event) => told.push({ name, event }))
  const events = <Name extends EventName>(name: Name): readonly AutoscalerEvents[Name][] =>
    told.filter((one) => one.name === name).map(({ event }) => event as AutoscalerEvents[Name])
  return {
    clock,
    backend,
    wanted,
    web,
    told,
    moves: () => events('instance').map(({ from, to }) => `${from ?? 'new'}->${to}`),
    problems: () => events('problem').map(({ kind }) => kind),
    running: () => backend.machines.show('web').filter(({ status }) => status === 'running').length,
    inService: () =>
      web
        .status()
        .instances.filter(({ state }) => state === 'in-service')
        .map(({ id }) => id)
        .toSorted(),
    start: () => clock.runUntil(web.start()),
  }
}
