import { describe, expect, it } from 'vitest'
import {
  type DecisionTrace,
  decide,
  firstOf,
  fixed,
  maxOf,
  scheduled,
  targetTracking,
  threshold,
} from '../../../src/index.js'
import { fullBehavior } from '../../../src/authoring.js'
import { explain } from '../../../src/decide/log/explain.js'
import { at, observe, ofGroup, perInstance } from '../../observations.js'

const base = { min: 1, max: 10, behavior: fullBehavior(), missing: new Map() }

describe('explain', () => {
  it('tells why a group grew', () => {
    const options = { ...base, policies: [targetTracking({ metric: 'cpu', target: 0.5 })] }
    const { trace } = decide(options, undefined, observe(2, 2), perInstance('cpu', [0.8, 0.9]))
    const aftermath = [{ at: at + 31_000, what: 'i3 in-service: it passed its probe' }]
    expect(explain(trace, aftermath)).toBe(
      `
2026-01-01T00:00:00.000Z: web goes from 2 to 4.
Because: targetTracking(cpu 0.5): cpu 0.85 over 2 is 1.7 x the target 0.5
Read:
  cpu: 0.85 ratio on average over 2, from 0.8 to 0.9
Wanted:
  targetTracking(cpu 0.5) wants 4: cpu 0.85 over 2 is 1.7 x the target 0.5
Decided:
  bounds: 2, within 1..10
  combine: 2 to 4, targetTracking(cpu 0.5): cpu 0.85 over 2 is 1.7 x the target 0.5
  stabilise: 4, the window agrees
  rate-limit: 4, within the rate rules
  clamp: 4, within 1..10
Then:
  2026-01-01T00:00:31.000Z: i3 in-service: it passed its probe`.trim(),
    )
  })

  it('tells why a group did not shrink', () => {
    const options = { ...base, policies: [threshold({ metric: 'jobs', below: 5 })] }
    const { trace } = decide(options, undefined, observe(3, 3), [ofGroup('jobs', 2)])
    expect(explain(trace)).toBe(
      `
2026-01-01T00:00:00.000Z: web stays at 3.
Because: threshold(jobs): jobs 2 < 5; within the last 300 s a count as high as 3 was proposed
Held back by the stabilisation window: the policies wanted 2.
Read:
  jobs: 2 count
Wanted:
  threshold(jobs) wants 2: jobs 2 < 5
Decided:
  bounds: 3, within 1..10
  combine: 3 to 2, threshold(jobs): jobs 2 < 5
  stabilise: 2 to 3, within the last 300 s a count as high as 3 was proposed
  rate-limit: 3, no change to limit
  clamp: 3, within 1..10`.trim(),
    )
  })

  it('tells what was missing, who could not tell, and each part of a combination', () => {
    const policies = [
      maxOf(
        firstOf(targetTracking({ metric: 'cpu', target: 0.5 }), fixed(1)),
        scheduled({ start: '0 8 * * *', durationMs: 60_000, count: 9 }),
      ),
      targetTracking({ metric: 'jobs', target: 10 }),
    ]
    const missing = new Map([['memory', { kind: 'assume', value: 1 } as const]])
    const readings = [
      ...perInstance('cpu', [0.2, 0.2, undefined]),
      ofGroup('jobs', undefined),
      ofGroup('memory', undefined, 'none'),
    ]
    const { trace } = decide({ ...base, missing, policies }, undefined, observe(4, 3), readings)
    const cpu =
      'targetTracking(cpu 0.5): cpu 0.2 over 2 is 0.4 x the target 0.5; 0.933 x with 1 missing taken as 1, within tolerance'
    const first = 'firstOf(targetTracking(cpu 0.5), fixed(1))'
    const all = `maxOf(${first}, scheduled(0 8 * * * UTC))`
    expect(explain(trace)).toBe(
      `
2026-01-01T00:00:00.000Z: web stays at 4.
Because: ${all}: ${first}: ${cpu}
Read:
  jobs: 1 missing (not there)
  memory: 1
  cpu: 0.2 ratio on average over 2; 1 missing (not there)
Wanted:
  ${all} wants 4: ${first}: ${cpu}
    ${first} wants 4: ${cpu}
      ${cpu.replace(':', ' wants 4:')}
      fixed(1) wants 1: fixed at 1
    scheduled(0 8 * * * UTC) has no opinion: outside the window that starts at 0 8 * * * UTC
  targetTracking(jobs 10) cannot tell: jobs is missing: not there
Decided:
  bounds: 4, within 1..10
  combine: 4, ${all}: ${first}: ${cpu}
  stabilise: 4, the window agrees
  rate-limit: 4, no change to limit
  clamp: 4, within 1..10
Noted:
  memory: the assumed value 1 stands in (not there)`.trim(),
    )
  })

  it.each([
    ['bounds', 'its bounds'],
    ['combine', 'missing data'],
    ['stabilise', 'the stabilisation window'],
    ['rate-limit', 'the rate rules or a cooldown'],
    ['clamp', 'its min or max'],
  ] as const)('names %s as %s', (limitedBy, words) => {
    const trace: DecisionTrace = {
      group: 'web',
      at,
      current: 2,
      desired: 2,
      outcome: 'hold',
      reason: 'because',
      limitedBy,
      metrics: [],
      policies: [],
      steps: [],
      notes: [],
    }
    expect(explain(trace)).toBe(
      `2026-01-01T00:00:00.000Z: web stays at 2.\nBecause: because\nHeld back by ${words}.`,
    )
  })
})
