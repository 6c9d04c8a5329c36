import { describe, expect, it } from 'vitest'
import { ElasticityMeter, judge } from '../../src/score/scores.js'

describe('ElasticityMeter', () => {
  it('has the accuracy and the timeshare of a case by hand', () => {
    const meter = new ElasticityMeter(Int32Array.from([2, 2, 4, 4, 1]))
    meter.add(0, 5, 2)
    // Short by a half for two seconds of five; in excess by one of one for one.
    expect(meter.result()).toEqual({ thetaU: 20, thetaO: 20, tauU: 40, tauO: 20 })
  })

  it('is nothing where supply is demand', () => {
    const meter = new ElasticityMeter(Int32Array.from([3, 3]))
    meter.add(0, 2, 3)
    expect(meter.result()).toEqual({ thetaU: 0, thetaO: 0, tauU: 0, tauO: 0 })
  })

  it('counts an idle instance without any demand as one in excess', () => {
    const meter = new ElasticityMeter(Int32Array.from([0, 0]))
    meter.add(0, 2, 1)
    expect(meter.result()).toMatchObject({ thetaO: 100, tauO: 100 })
  })
})

it('adds the price of each percent of slow requests to the cost', () => {
  expect(judge({ costVsOracle: 1.5, slowPercent: 2 }, 0.2)).toBeCloseTo(1.9, 12)
})
