import { FlotillaError } from '@flotilla/core'
import { testLoadBalancer } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { memberSpecs } from '../../src/octavia/members.js'
import { octavia } from '../../src/octavia/octavia.js'
import { signal } from '../kit/cloud-tests.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { FakeOctavia, untouched } from './fake-octavia.js'
import { fakeConnection } from '../kit/openstack-kit.js'
import { octaviaKit, octaviaRunner } from './octavia-kit.js'

testLoadBalancer(octaviaRunner, 'octavia', octaviaKit)

describe('a check of octavia', () => {
  it.each<[string, (front: FakeOctavia) => void, RegExp, boolean]>([
    ['a member removed', (front) => (front.members = front.members.slice(1)), /:1 is missing/, true],
    [
      'a stranger among the members',
      (front) => {
        front.members = [...front.members, { name: 'x', address: '10.9.9.9', protocol_port: 9, weight: 1 }]
      },
      /10.9.9.9:9 was not set here/,
      true,
    ],
    [
      'a weight changed',
      (front) => (front.members = front.members.map((member) => ({ ...member, weight: 7 }))),
      /has weight 7, not 1/,
      true,
    ],
    [
      'the load balancer in ERROR',
      (front) => (front.status.balancer = 'ERROR'),
      /load balancer lb ERROR; fail/,
      false,
    ],
    ['the pool in ERROR', (front) => (front.status.pool = 'ERROR'), /pool web ERROR/, false],
    ['the pool gone', (front) => (front.status.isGone = true), /pool web is gone; create it again/, false],
    [
      'the listener switched off',
      (front) => (front.status.isUp = false),
      /listener front was switched off/,
      false,
    ],
    [
      'no listener any more',
      (front) => (front.status.hasListener = false),
      /no listener sends to pool web/,
      false,
    ],
  ])('tells of %s, and the next sync mends it or says why it cannot', async (_, touch, reason, isMended) => {
    const fake = await FakeCloud.open()
    const front = new FakeOctavia(fake)
    const connection = fakeConnection(fake, { cloud: { retries: { count: 0 } } })
    const balancer = octavia({ cloud: connection, pool: 'web', updateTimeoutMs: 300 })
    const members = [1, 2].map((port) => ({ id: `m${port}`, host: '10.0.0.1', port }))
    await balancer.sync(members, { signal })
    expect(await balancer.check?.({ signal })).toEqual({ serves: true })
    touch(front)
    expect(await balancer.check?.({ signal })).toEqual({
      serves: false,
      reason: expect.stringMatching(reason),
    })
    if (isMended) {
      await balancer.sync(members, { signal })
      expect(await balancer.check?.({ signal })).toEqual({ serves: true })
      expect(front.members.map(({ protocol_port: port, weight }) => [port, weight])).toEqual([
        [1, 1],
        [2, 1],
      ])
    } else {
      await expect(balancer.sync(members, { signal })).rejects.toBeInstanceOf(FlotillaError)
      front.status = { ...untouched }
      await balancer.sync(members, { signal })
      expect(await balancer.check?.({ signal })).toEqual({ serves: true })
    }
    await balancer.close()
    await connection.close()
    await fake.http.close()
  })
})

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
    expect(memberSpecs(members, [], undefined).map(({ weight }) => weight)).toEqual(expected)
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
