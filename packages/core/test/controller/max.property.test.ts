import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { memoryStore } from '../../src/index.js'
import { FakeClock } from '../../src/testing/index.js'
import { ScriptedBalancer, type Rig, rig } from './harness.js'
import { HostileBackend, type LaunchFate, type TerminateFate } from './hostile-backend.js'
import { isFullLength } from '../../../../scripts/lib/property-runs.js'

const max = 4
const hourMs = 3_600_000

/*
 * A story of days costs seconds of CPU: the short length tells short ones, in which each fate, restart and longest backoff
 * has its turn as well.
 */
const length = isFullLength ? { runs: 20, periods: 10, hours: 8 } : { runs: 5, periods: 6, hours: 2 }

interface Period {
  readonly hours: number
  readonly launches: readonly LaunchFate[]
  readonly terminations: readonly TerminateFate[]
  readonly counts: readonly number[]
  readonly everyMs: number
  readonly event: 'none' | 'restart' | 'list-fails' | 'kill-all' | 'standby' | 'sick'
}

const launchFate = fc.constantFrom<LaunchFate>(
  'fine',
  'refused',
  'inactive',
  'lost',
  'late',
  'deaf',
  'ends',
  'fails',
  'dies',
)
const terminateFate = fc.constantFrom<TerminateFate>('fine', 'refused', 'half', 'lost', 'hangs', 'rejects')

const period: fc.Arbitrary<Period> = fc.record({
  hours: fc.integer({ min: 1, max: length.hours }),
  launches: fc.array(launchFate, { minLength: 1, maxLength: 6 }),
  terminations: fc.array(terminateFate, { minLength: 1, maxLength: 4 }),
  counts: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 }),
  everyMs: fc.constantFrom(7000, 45_000, 400_000),
  event: fc.constantFrom('none', 'restart', 'list-fails', 'kill-all', 'standby', 'sick'),
})

class World {
  readonly clock = new FakeClock()
  readonly hostile = new HostileBackend(this.clock)
  readonly #store = memoryStore()
  readonly #hasBalancer: boolean
  readonly sick = new Set<string>()
  rig!: Rig

  constructor(hasBalancer: boolean) {
    this.#hasBalancer = hasBalancer
  }

  async open(): Promise<void> {
    this.rig = rig({
      min: 0,
      max,
      wanted: 2,
      intervalMs: 60_000,
      fakeBackend: this.hostile.open(),
      fakeClock: this.clock,
      store: this.#store,
      balancer: this.#hasBalancer ? new ScriptedBalancer() : undefined,
      timeouts: { launchMs: 20_000, terminateMs: 60_000 },
      probe: {
        name: 'sick list',
        check: async ({ instance }) =>
          this.sick.has(instance.id) ? { healthy: false, reason: 'sick' } : { healthy: true },
      },
    })
    await this.clock.runUntil(this.rig.web.start())
  }

  async live({ hours, launches, terminations, counts, everyMs, event }: Period): Promise<void> {
    const { hostile, clock } = this
    hostile.launchFates = launches
    hostile.terminateFates = terminations
    await this.#happens(event)
    const endMs = clock.monotonic() + hours * hourMs
    for (let turn = 0; clock.monotonic() < endMs; turn += 1) {
      this.rig.wanted.count = counts[turn % counts.length]
      await clock.advance(Math.min(turn < 12 ? everyMs : hourMs, endMs - clock.monotonic()))
      hostile.listFails = false
    }
  }

  async #happens(event: Period['event']): Promise<void> {
    const { web } = this.rig
    const [first] = web.status().instances.filter(({ state }) => state === 'in-service')
    switch (event) {
      case 'none':
        return
      case 'restart':
        await this.clock.runUntil(web.stop())
        return this.open()
      case 'list-fails':
        this.hostile.listFails = true
        return
      case 'kill-all':
        for (const { id } of this.hostile.inner.machines.show('web')) this.hostile.inner.remove(id)
        return
      case 'standby':
        if (first !== undefined) await web.enterStandby(first.id)
        return
      case 'sick':
        if (first !== undefined) this.sick.add(first.id)
    }
  }

  /** Everything works again. */
  async calm(): Promise<void> {
    this.hostile.launchFates = ['fine']
    this.hostile.terminateFates = ['fine']
    this.hostile.listFails = false
    this.rig.wanted.count = 3
    for (const { id, state } of this.rig.web.status().instances)
      if (state === 'standby') await this.rig.web.exitStandby(id)
    await this.clock.advance(hourMs)
  }
}

it('has never more machines than max, in any state, over hours and days on a backend where anything goes wrong', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(period, { minLength: 4, maxLength: length.periods }),
      fc.boolean(),
      async (periods, hasBalancer) => {
        const world = new World(hasBalancer)
        await world.open()
        for (const one of periods) {
          await world.live(one)
          expect(world.hostile.mostCount).toBeLessThanOrEqual(max)
        }
        await world.calm()
        expect(world.hostile.mostCount).toBeLessThanOrEqual(max)
        expect(world.rig.inService().length).toBe(3)
        expect(world.hostile.inner.machines.show('web').length).toBe(3)
        await world.clock.runUntil(world.rig.web.stop())
      },
    ),
    { numRuns: length.runs },
  )
}, 600_000)
