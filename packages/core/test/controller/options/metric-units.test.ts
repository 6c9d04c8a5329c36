import { describe, expect, it } from 'vitest'
import {
  activation,
  Autoscaler,
  backlog,
  dampen,
  fixed,
  maxOf,
  type Policy,
  simpleScaling,
  stepScaling,
  targetTracking,
  targetValue,
  threshold,
  windowThreshold,
} from '../../../src/index.js'
import { fakeBackend, fakeMetrics } from '../../../src/testing/index.js'

const build = (policy: Policy): Autoscaler =>
  new Autoscaler({ group: 'web', min: 1, max: 3, backend: fakeBackend(), metrics: [jobs], policy })
const jobs = fakeMetrics({ name: 'jobs', unit: 'count' })
const metric = 'cpu'

describe('a percentage where a ratio is compared', () => {
  it.each([
    ['targetTracking: target', targetTracking({ metric, target: 60 })],
    ['targetValue: target', targetValue({ metric, target: 60 })],
    ['threshold: above', threshold({ metric, above: 60 })],
    ['threshold: below', threshold({ metric, below: 60 })],
    ['stepScaling: threshold', stepScaling({ metric, threshold: 60, steps: [{ lower: 0, adjust: 1 }] })],
    ['simpleScaling: threshold', simpleScaling({ metric, comparison: '>', threshold: 60, adjust: 1 })],
    ['windowThreshold: upper', windowThreshold({ metric, upper: 60, delta: 1 })],
    ['backlog: perInstance', backlog({ metric, perInstance: 60 })],
    ['activation: above', activation(fixed(1), { metric, above: 60 })],
    ['targetTracking: target', maxOf(dampen(targetTracking({ metric, target: 60 }), {}), fixed(1))],
  ])('%s is refused with what would do', (option, policy) => {
    expect(() => build(policy)).toThrow(
      `${option} must be below 5, as cpu is a ratio, not a percentage: 0.6 is 60 %, got 60`,
    )
  })

  it.each([
    ['a burst over the limit', targetTracking({ metric, target: 1.5 })],
    ['a count', targetTracking({ metric: 'jobs', target: 60 })],
    ['bytes', targetTracking({ metric: 'memory', target: 200 * 2 ** 20 })],
  ])('%s is taken', (_, policy) => {
    expect(() => build(policy)).not.toThrow()
  })

  it.each([0.8, 80])('%f of bytes is refused', (target) => {
    expect(() => build(targetTracking({ metric: 'memory', target }))).toThrow(
      `targetTracking: target must be over 100, as memory is in bytes, no share or percentage: 2 ** 30 is a gibibyte, got ${target}`,
    )
  })

  it('is refused in a shadow too', () => {
    const shadow = { other: targetTracking({ metric, target: 60 }) }
    expect(
      () =>
        new Autoscaler({ group: 'web', min: 1, max: 3, backend: fakeBackend(), policy: fixed(1), shadow }),
    ).toThrow(/0.6 is 60 %/)
  })
})
