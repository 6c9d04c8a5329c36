import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullLayer } from '../../src/layer/layer.js'
import { newRandom } from '../../src/random.js'
import { oraclePlan, runOracle } from '../../src/score/oracle.js'
import { fullService } from '../../src/service/service.js'
import { Fleet } from '../../src/layer/fleet.js'
import { newScenario, randomShape, fitted } from '../../src/index.js'
import { propertyRuns } from '../../../../scripts/lib/property-runs.js'

const layer = fullLayer({ name: 'test', startMs: 2000, drainMs: 1000 })

/** What a plan pays, and whether it has what is demanded at each second. */
function carryOut(plan: ArrayLike<number>, demand: readonly number[]): { paid: number; serves: boolean } {
  const fleet = new Fleet({ layer, group: 'g', startAt: 0, random: newRandom(1, 'starts') })
  fleet.startWith(plan[0] ?? 0)
  let serves = true
  for (let second = 0; second < demand.length; second += 1) {
    fleet.advance(second)
    fleet.setDesired(second, plan[second] ?? 0)
    if (fleet.readyCount < (demand[second] ?? 0)) serves = false
  }
  return { paid: fleet.paidSeconds(demand.length), serves }
}

describe('oraclePlan', () => {
  it('leads by the start and keeps instances over short dips', () => {
    const demand = [1, 1, 1, 1, 3, 3, 1, 1, 3, 1, 1, 1, 1, 3]
    // Start 2 s and drain 1 s: the dip of 2 s is kept, the one of 4 s is not.
    expect([...oraclePlan(Int32Array.from(demand), layer, 1, 9)]).toEqual([
      1, 1, 3, 3, 3, 3, 3, 3, 3, 1, 1, 3, 3, 3,
    ])
  })

  it('stays within the bounds', () => {
    expect([...oraclePlan(Int32Array.from([0, 9]), layer, 1, 4)]).toEqual([4, 4])
    expect([...oraclePlan(Int32Array.from([0, 0, 0, 0]), layer, 2, 4)]).toEqual([2, 2, 2, 2])
  })

  it('has what is demanded at every second, for any demand', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 50 }), (demand) => {
        expect(carryOut(oraclePlan(Int32Array.from(demand), layer, 0, 99), demand).serves).toBe(true)
      }),
    )
  })

  it('pays no more than any other plan that does, all of them tried', () => {
    const seconds = 9
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2 }), { minLength: seconds, maxLength: seconds }),
        (demand) => {
          const { paid } = carryOut(oraclePlan(Int32Array.from(demand), layer, 1, 99), demand)
          let cheapest = Infinity
          for (let code = 0; code < 2 ** seconds; code += 1) {
            const plan = Array.from({ length: seconds }, (_, second) => 1 + ((code >> second) & 1))
            const tried = carryOut(plan, demand)
            if (tried.serves) cheapest = Math.min(cheapest, tried.paid)
          }
          expect(paid).toBeLessThanOrEqual(cheapest)
        },
      ),
      { numRuns: propertyRuns(60) },
    )
  })
})

describe('runOracle', () => {
  it('keeps the SLO on loads of every kind and every layer', () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const trace = fitted(randomShape(seed, { durationMs: 6 * 3_600_000 }), 12)
      for (const on of ['container', 'vm', 'cloud'] as const) {
        const { oracle } = newScenario({ trace, layer: on })
        expect(oracle.tally.slow / oracle.tally.arrived, `${trace.name} on ${on}`).toBeLessThan(0.01)
      }
    }
  })

  it('pays what its plan says: demand, lead and drain', () => {
    const demand = Int32Array.from([
      ...Array<number>(20).fill(1),
      ...Array<number>(10).fill(2),
      ...Array<number>(20).fill(1),
    ])
    const oracle = runOracle({
      rates: Float64Array.from(demand, (count) => count * 20),
      demand,
      layer,
      service: fullService(),
      min: 1,
      max: 9,
      random: newRandom(1, 'starts'),
    })
    expect(oracle.paidSeconds).toBe(50 + 2 + 10 + 1)
  })
})
