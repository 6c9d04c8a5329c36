import { testLoadBalancer } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { memberSpecs, wholeWeights } from '../src/octavia/members.js'
import { signal } from './cloud-tests.js'
import { octaviaKit, octaviaRunner } from './octavia-kit.js'

testLoadBalancer(octaviaRunner, 'octavia', octaviaKit)

describe('octavia', () => {
  it('says cut of all that it removes while the listeners have connections', async () => {
    const under = await octaviaKit.make()
    const { balancer } = under
    const [first, second] = [await under.startMember(), await under.startMember()]
    await balancer.sync([first, second], { signal })
    const held = await under.hold()
    const { drained, cut } = await balancer.sync([], { signal })
    expect([drained, cut.toSorted()]).toEqual([[], [first.id, second.id].toSorted()])
    held.release()
    await balancer.close()
    await under.cleanup()
  })

  it('keeps the members that a dead program left until its first set, and then drains them', async () => {
    const under = await octaviaKit.make()
    const { balancer } = under
    const [first, second] = [await under.startMember(), await under.startMember()]
    await balancer.sync([first], { signal })
    expect(await balancer.sync([second], { signal })).toMatchObject({ drained: [first.id] })
    await under.cleanup()
  })

  it.each([
    [
      [undefined, 1, 3],
      [1, 1, 3],
    ],
    [
      [0.5, 1],
      [128, 256],
    ],
    [
      [1, 1000],
      [1, 256],
    ],
    [
      [256, 1],
      [256, 1],
    ],
  ])('gives the weights %j as %j', (weights, expected) => {
    const members = weights.map((weight, index) => ({
      id: `m${index}`,
      host: '10.0.0.1',
      port: index + 1,
      weight,
    }))
    expect(wholeWeights(members)).toEqual(expected)
  })

  it('tells Octavia the subnet, and weight 0 of what drains', () => {
    const [a, b] = ['a', 'b'].map((id, index) => ({ id, host: '10.0.0.1', port: index + 1 }))
    if (a === undefined || b === undefined) throw new Error('two')
    expect(memberSpecs([a], [b], 'sub')).toEqual([
      { name: 'a', address: '10.0.0.1', port: 1, weight: 1, subnetId: 'sub' },
      { name: 'b', address: '10.0.0.1', port: 2, weight: 0, subnetId: 'sub' },
    ])
  })
})
