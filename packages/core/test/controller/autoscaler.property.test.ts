import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  FlotillaError,
  type Lease,
  type StateStore,
  type VictimPolicy,
  adaptive,
  customPolicy,
  decisionLog,
  memoryStore,
} from '../../src/index.js'
import { type FakeBackend, FakeClock, fakeBackend, once } from '../../src/testing/index.js'
import { ScriptedBalancer, type Rig, rig } from './harness.js'
import { propertyRuns } from '../../../../scripts/lib/property-runs.js'

const min = 1
const max = 6

type Action =
  | { readonly kind: 'want'; readonly count: number | undefined }
  | {
      readonly kind: 'crash' | 'remove' | 'protect' | 'unprotect' | 'standby' | 'sicken'
      readonly pick: number
    }
  | {
      readonly kind: 'launch-fault'
      readonly fault: 'fail' | 'lose-reply' | 'fail-half-way' | 'slow' | 'stall'
      readonly times: number
    }
  | { readonly kind: 'terminate-fault'; readonly fault: 'partial' | 'lose-reply' | 'fail' }
  | { readonly kind: 'list-fault' | 'balance-fault' | 'kill' | 'restart' | 'foreign' | 'hold' | 'release' }
  | { readonly kind: 'jump'; readonly ms: number }

const pick = fc.nat(20)
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('want'), count: fc.option(fc.nat(9), { nil: undefined }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('crash', 'remove', 'protect', 'unprotect', 'standby', 'sicken'),
      pick,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('launch-fault'),
      fault: fc.constantFrom('fail', 'lose-reply', 'fail-half-way', 'slow', 'stall'),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('terminate-fault'),
      fault: fc.constantFrom('partial', 'lose-reply', 'fail'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('list-fault', 'balance-fault', 'kill', 'restart', 'foreign', 'hold', 'release'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('jump'), ms: fc.integer({ min: -7_200_000, max: 7_200_000 }) }),
  },
) as fc.Arbitrary<Action>

const unavailable = new FlotillaError('unavailable', 'the test says no')

/** A controller that can be killed as by kill -9: from then on, nothing it asks for happens or is answered. */
function mortal(
  backend: FakeBackend,
  store: StateStore,
): { backend: FakeBackend; store: StateStore; kill: () => void } {
  let isDead = false
  const gate = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (_, key) => {
        const value = Reflect.get(target, key, target) as unknown
        if (typeof value !== 'function') return value
        return (...call: unknown[]) =>
          isDead ? new Promise(() => {}) : (value.apply(target, call) as unknown)
      },
    })
  const leases: (Lease | undefined)[] = []
  const leased: StateStore = {
    ...store,
    async acquire(group, options) {
      const lease = await store.acquire?.(group, options)
      leases.push(lease)
      if (lease === undefined) throw new Error('a memory store has leases')
      return lease
    },
  }
  return {
    backend: gate(backend),
    store: gate(leased),
    kill: () => {
      isDead = true
      // As a lock of the system's goes with its process.
      for (const lease of leases) void lease?.release()
    },
  }
}

/** Fails in a way of its own at every time it is asked. */
const failing = customPolicy({
  name: 'failing',
  propose: ({ now }) => {
    if (now % 3 === 0) throw new Error('no idea')
    return now % 3 === 1 ? { kind: 'count', count: Number.NaN, reason: 'none' } : (undefined as never)
  },
})

class World {
  readonly #victims: readonly VictimPolicy[]
  readonly clock = new FakeClock()
  readonly truth = fakeBackend({ clock: this.clock, launchMs: 500, bootMs: 1000 })
  readonly store = memoryStore()
  balancer = new ScriptedBalancer()
  readonly log = decisionLog()
  readonly strangers: string[] = []
  readonly protectedIds = new Set<string>()
  readonly sick = new Set<string>()
  count: number | undefined = 2
  rig!: Rig
  #kill!: () => void
  #opened!: FakeBackend

  constructor(victims: readonly VictimPolicy[]) {
    this.#victims = victims
  }

  async open(): Promise<void> {
    this.#opened = this.truth.reopen()
    const { backend, store, kill } = mortal(this.#opened, this.store)
    this.#kill = kill
    this.balancer = new ScriptedBalancer()
    this.rig = rig({
      min,
      max,
      fakeBackend: backend,
      fakeClock: this.clock,
      store,
      balancer: this.balancer,
      wanted: this.count,
      victims: this.#victims,
      shadow: { failing, adaptive: adaptive() },
      log: this.log,
      probe: {
        name: 'sick list',
        check: async ({ instance }) =>
          this.sick.has(instance.id) ? { healthy: false, reason: 'sick' } : { healthy: true },
      },
      timeouts: { balanceMs: 60_000, launchMs: 20_000 },
    })
    await this.clock.runUntil(this.rig.web.start())
  }

  #some(index: number): string | undefined {
    const ids = this.truth.machines.show('web').map(({ id }) => id)
    return ids.length === 0 ? undefined : ids[index % ids.length]
  }

  async do(action: Action): Promise<void> {
    const { faults } = this.#opened
    switch (action.kind) {
      case 'want':
        this.count = action.count
        this.rig.wanted.count = action.count
        return
      case 'jump':
        this.clock.jump(action.ms)
        return
      case 'launch-fault': {
        const fault =
          action.fault === 'fail'
            ? { kind: 'fail' as const, error: unavailable }
            : action.fault === 'slow'
              ? { kind: 'slow' as const, ms: 5000 }
              : { kind: action.fault }
        faults.launch = once(fault, action.times)
        return
      }
      case 'terminate-fault':
        faults.terminate = once(
          action.fault === 'fail' ? { kind: 'fail', error: unavailable } : { kind: action.fault },
        )
        return
      case 'list-fault':
        faults.list = once({ kind: 'fail', error: unavailable }, 2)
        return
      case 'balance-fault':
        this.balancer.fault = this.balancer.fault === undefined ? unavailable : undefined
        return
      case 'hold':
        this.balancer.holds = true
        return
      case 'release':
        this.balancer.holds = false
        this.balancer.release()
        return
      case 'foreign':
        this.strangers.push(this.truth.addForeign({ group: 'other', token: `t${this.strangers.length}` }))
        return
      case 'kill':
        this.#kill()
        return this.open()
      case 'restart':
        await this.clock.runUntil(this.rig.web.stop())
        return this.open()
      case 'crash':
      case 'remove':
      case 'protect':
      case 'unprotect':
      case 'standby':
      case 'sicken':
        return this.#touch(action.kind, this.#some(action.pick))
    }
  }

  async #touch(
    kind: 'crash' | 'remove' | 'protect' | 'unprotect' | 'standby' | 'sicken',
    id: string | undefined,
  ): Promise<void> {
    if (id === undefined || !this.rig.web.status().instances.some((instance) => instance.id === id)) return
    const state = this.rig.web.status().instances.find((one) => one.id === id)?.state
    switch (kind) {
      case 'crash':
        this.truth.crash(id)
        return
      case 'remove':
        this.truth.remove(id)
        return
      case 'sicken':
        this.sick.add(id)
        return
      case 'protect':
        if (state === 'terminating') return
        await this.clock.runUntil(this.rig.web.protect(id))
        this.protectedIds.add(id)
        return
      case 'unprotect':
        await this.clock.runUntil(this.rig.web.unprotect(id))
        this.protectedIds.delete(id)
        return
      case 'standby':
        if (state !== 'in-service' && state !== 'launching') return
        await this.clock.runUntil(this.rig.web.enterStandby(id))
    }
  }

  check(): void {
    const machines = this.truth.machines.show('web')
    expect(machines.length).toBeLessThanOrEqual(max)
    expect(new Set(machines.map(({ token }) => token)).size).toBe(machines.length)
    const { desired } = this.rig.web.status()
    if (desired !== undefined) {
      expect(desired).toBeGreaterThanOrEqual(min)
      expect(desired).toBeLessThanOrEqual(max)
    }
    const entry = this.log.at(Infinity)
    expect(entry?.trace.shadows?.map(({ name }) => name)).toEqual(['failing', 'adaptive'])
    for (const shadow of entry?.trace.shadows ?? []) {
      expect(shadow.desired).toBeGreaterThanOrEqual(min)
      expect(shadow.desired).toBeLessThanOrEqual(max)
    }
    for (const id of this.strangers) expect(this.truth.machines.get(id)).toBeDefined()
    const terminated = this.#opened.calls.terminated.flatMap(({ ids }) => ids)
    for (const id of terminated) {
      expect(this.strangers).not.toContain(id)
      expect(this.protectedIds.has(id)).toBe(false)
    }
  }

  /** Everything works again, and nobody touches anything. */
  async calm(): Promise<void> {
    const { faults } = this.#opened
    faults.launch = undefined
    faults.list = undefined
    faults.terminate = undefined
    this.balancer.fault = undefined
    this.balancer.holds = false
    this.balancer.release()
    this.sick.clear()
    for (const { id, state } of this.rig.web.status().instances) {
      if (id.startsWith('launch:')) continue
      if (this.protectedIds.has(id)) await this.clock.runUntil(this.rig.web.unprotect(id))
      if (state === 'standby') await this.clock.runUntil(this.rig.web.exitStandby(id))
    }
    this.protectedIds.clear()
    this.count = 3
    this.rig.wanted.count = 3
    await this.clock.advance(1_500_000)
  }
}

it('keeps its promises whatever happens, and comes to rest when it is over', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(anyAction, fc.integer({ min: 0, max: 25_000 })), { maxLength: 25 }),
      fc.constantFrom<VictimPolicy>('default', 'oldest-template', 'newest-instance', 'least-busy'),
      async (script, victims) => {
        const world = new World([victims])
        await world.open()
        for (const [action, thenMs] of script) {
          await world.do(action)
          world.check()
          await world.clock.advance(thenMs)
          world.check()
        }
        await world.calm()
        world.check()
        const { rig: settled, balancer } = world
        expect(settled.inService().length).toBe(3)
        expect(settled.running()).toBe(3)
        expect(balancer.ids).toEqual(settled.inService())
        expect(world.truth.machines.show('web').length).toBe(3)
        await world.clock.runUntil(settled.web.stop())
      },
    ),
    { numRuns: propertyRuns(100, 12) },
  )
}, 600_000)
