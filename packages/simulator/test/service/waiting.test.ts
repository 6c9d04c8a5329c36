import { describe, expect, it } from 'vitest'
import { newRandom } from '../../src/random.js'
import { fullService } from '../../src/service/service.js'
import { meanWaitSeconds, serversOf, shareWaitingOver, waitingIn } from '../../src/service/waiting.js'
import { exactPool } from './exact-pool.js'

const service = fullService()

describe('the long run of a pool, known by hand', () => {
  it.each([0.1, 0.5, 0.9])('is exact for one exponential server at %d', (utilisation) => {
    const simple = fullService({ scv: 1, concurrency: 1, serviceTimeMs: 1000 })
    // M/M/1: rho waits at all, and the mean wait is rho / (1 - rho) service times.
    expect(waitingIn(simple, utilisation, 1).share).toBeCloseTo(utilisation, 12)
    expect(meanWaitSeconds(simple, utilisation, 1)).toBeCloseTo(utilisation / (1 - utilisation), 12)
  })

  it('halves the wait when the service time does not vary', () => {
    const varied = fullService({ scv: 1 })
    const steady = fullService({ scv: 0 })
    expect(meanWaitSeconds(steady, 0.8, 4)).toBeCloseTo(meanWaitSeconds(varied, 0.8, 4) / 2, 12)
  })

  it('has no wait without load', () => {
    expect(shareWaitingOver(service, 0, 4, 0)).toBe(0)
  })

  it.each([
    [1, 4],
    [4, 8],
    [9, 12],
    [25, 20],
  ])('counts %d instances as %d servers', (instances, servers) => {
    expect(serversOf(service, instances)).toBe(servers)
  })
})

// One instance is 4 servers; 4, 9 and 16 instances are 2, 3 and 4 blind pools, each of 8, 12 and 16 servers.
describe.each([
  { instances: 1, utilisation: 0.7 },
  { instances: 1, utilisation: 0.8 },
  { instances: 4, utilisation: 0.85 },
  { instances: 9, utilisation: 0.9 },
  { instances: 16, utilisation: 0.93 },
])('$instances instances at $utilisation, against exact simulation', ({ instances, utilisation }) => {
  const servers = serversOf(service, instances)
  const rate = (utilisation * servers) / service.serviceSeconds
  const seconds = Math.ceil(1_500_000 / rate)
  const exact = exactPool({
    servers,
    rates: Array.from({ length: seconds + 60 }, () => rate),
    fromSecond: 60,
    serviceSeconds: service.serviceSeconds,
    phases: 4,
    dropAfterSeconds: Infinity,
    waitSeconds: 0.2,
    answerSeconds: 0.5,
    random: newRandom(1, 'exact'),
  })

  it('waits as long, within an eighth', () => {
    const ratio = meanWaitSeconds(service, utilisation, servers) / exact.meanWaitSeconds
    expect(ratio).toBeGreaterThan(0.9)
    expect(ratio).toBeLessThan(1.12)
  })

  it('has as many that wait at all, within an eighth', () => {
    const ratio = waitingIn(service, utilisation, servers).share / (exact.waited / exact.arrived)
    expect(ratio).toBeGreaterThan(0.95)
    expect(ratio).toBeLessThan(1.12)
  })

  it('has as long a tail, within a fifth', () => {
    const ratio = shareWaitingOver(service, utilisation, servers, 0.2) / (exact.waitedOver / exact.arrived)
    expect(ratio).toBeGreaterThan(0.8)
    expect(ratio).toBeLessThan(1.25)
  })

  it('never counts fewer slow requests than there are, and not three times as many', () => {
    const slow = shareWaitingOver(service, utilisation, servers, service.slowWaitSeconds)
    const ratio = slow / (exact.answeredOver / exact.arrived)
    expect(ratio).toBeGreaterThan(1)
    expect(ratio).toBeLessThan(3)
  })
})
