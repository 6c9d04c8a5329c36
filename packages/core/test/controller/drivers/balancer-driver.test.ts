import { describe, expect, it } from 'vitest'
import { BalancerDriver } from '../../../src/controller/drivers/balancer-driver.js'
import { Events } from '../../../src/controller/telling/events.js'
import { Problems } from '../../../src/controller/telling/problems.js'
import { FakeClock } from '../../../src/testing/index.js'
import { ScriptedBalancer } from '../harness.js'

const set = (...ids: readonly string[]): { id: string; host: string; port: number }[] =>
  ids.map((id) => ({ id, host: '10.0.0.1', port: 80 }))

interface Driven {
  readonly driver: BalancerDriver
  readonly balancer: ScriptedBalancer
  readonly clock: FakeClock
  readonly problems: Problems
  wakeCount: number
}

function drive(): Driven {
  const balancer = new ScriptedBalancer()
  const clock = new FakeClock()
  const problems = new Problems(new Events(() => {}), () => clock.now())
  const { signal } = new AbortController()
  const driven: Driven = {
    balancer,
    clock,
    problems,
    wakeCount: 0,
    driver: new BalancerDriver({
      balancer,
      clock,
      timeoutMs: 10_000,
      signal,
      problems,
      wake: () => (driven.wakeCount += 1),
    }),
  }
  return driven
}

describe('BalancerDriver', () => {
  it('sets what is wanted, once, in whatever order it is given', async () => {
    const { driver, balancer } = drive()
    await driver.update(set('a', 'b'), [])
    expect(driver.update(set('b', 'a'), [])).toBeUndefined()
    expect(balancer.syncs).toEqual([['a', 'b']])
    await driver.update(set('a'), ['b'])
    expect(balancer.syncs).toHaveLength(2)
  })

  it('knows of one that it has no traffic left when the call that took it out has resolved, not before', async () => {
    const driven = drive()
    const { driver, balancer } = driven
    await driver.update(set('a', 'b'), [])
    balancer.holds = true
    const taking = driver.update(set('a'), ['b'])
    expect([...driver.out]).toEqual([])
    balancer.release()
    await taking
    expect([...driver.out]).toEqual(['b'])
    expect(driven.wakeCount).toBe(2)
  })

  it('knows it at once of one that was never in', async () => {
    const { driver } = drive()
    await driver.update(set('a'), ['c'])
    expect([...driver.out]).toEqual(['c'])
  })

  it('takes nobody for out of traffic whose call failed, tells it, and tries again later', async () => {
    const { driver, balancer, clock, problems } = drive()
    await driver.update(set('a', 'b'), [])
    balancer.fault = new Error('the front is down')
    await driver.update(set('a'), ['b'])
    expect([...driver.out]).toEqual([])
    expect(problems.standing).toMatchObject([{ kind: 'balance-failed' }])
    expect(driver.retryInMs).toBe(1000)
    expect(driver.update(set('a'), ['b'])).toBeUndefined()
    balancer.fault = undefined
    await clock.advance(1000)
    await driver.update(set('a'), ['b'])
    expect([...driver.out]).toEqual(['b'])
    expect(problems.standing).toEqual([])
    expect(driver.retryInMs).toBeUndefined()
  })

  it('sets all again after what was served is lost, and takes nobody for out until then', async () => {
    const { driver, balancer } = drive()
    await driver.update(set('a'), ['b'])
    driver.lost()
    expect([...driver.out]).toEqual([])
    await driver.update(set('a'), ['b'])
    expect(balancer.syncs).toEqual([['a'], ['a']])
    expect([...driver.out]).toEqual(['b'])
  })

  it('forgets one that is back in, and one that is gone', async () => {
    const { driver } = drive()
    await driver.update(set('a'), ['b', 'c'])
    await driver.update(set('a', 'b'), [])
    expect([...driver.out]).toEqual([])
  })
})
