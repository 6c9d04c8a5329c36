import { describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { FakeClock } from '../kit/fake-clock.js'
import { FakeCloud, type FakeAnswer } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'

const at = '/octavia/v2/lbaas'
const versions = {
  versions: [
    { id: 'v2.0', status: 'SUPPORTED', links: [{ rel: 'self', href: 'http://cloud.test/octavia/v2' }] },
    { id: 'v2.26', status: 'CURRENT', links: [{ rel: 'self', href: 'http://cloud.test/octavia/v2' }] },
  ],
}

function setUp() {
  const clock = new FakeClock()
  const fake = new FakeCloud().on('GET', '/octavia/', { status: 200, body: versions })
  fake.now = () => clock.now()
  const { cloud } = open(fake, { clock, endpoints: { 'load-balancer': 'http://cloud.test/octavia' } })
  return { clock, fake, cloud, balancing: cloud.loadBalancer }
}

const member = {
  id: 'm1',
  name: 'web-1',
  address: '10.0.0.1',
  protocol_port: 80,
  weight: 5,
  operating_status: 'ONLINE',
  provisioning_status: 'ACTIVE',
  admin_state_up: true,
  backup: false,
}

describe('Octavia', () => {
  it('lists, makes, changes and removes the members of a pool', async () => {
    const { fake, balancing } = setUp()
    const members = balancing.members('p1')
    fake
      .on('GET', `${at}/pools/p1/members`, { status: 200, body: { members: [member] } })
      .on('POST', `${at}/pools/p1/members`, { status: 201, body: { member } })
      .on('PUT', `${at}/pools/p1/members/m1`, { status: 200, body: { member: { ...member, weight: 0 } } })
      .on('DELETE', `${at}/pools/p1/members/m1`, { status: 204 })
    expect(await collect(members.list())).toMatchObject([
      { id: 'm1', address: '10.0.0.1', port: 80, weight: 5, isUp: true, operatingStatus: 'ONLINE' },
    ])
    await members.create({ address: '10.0.0.1', port: 80, subnetId: 's', weight: 5 })
    expect(fake.requests.at(-1)?.json).toEqual({
      member: { address: '10.0.0.1', protocol_port: 80, subnet_id: 's', weight: 5 },
    })
    expect(await members.update('m1', { weight: 0 })).toMatchObject({ weight: 0 })
    expect(await members.delete('m1')).toBe(true)
  })

  it('replaces all members in one call', async () => {
    const { fake, balancing } = setUp()
    fake.on('PUT', `${at}/pools/p1/members`, { status: 202 })
    await balancing.members('p1').replaceAll([{ address: '10.0.0.1', port: 80, adminStateUp: true }])
    expect(fake.requests.at(-1)?.json).toEqual({
      members: [{ address: '10.0.0.1', protocol_port: 80, admin_state_up: true }],
    })
  })

  it('makes and changes a health monitor', async () => {
    const { fake, balancing } = setUp()
    const healthmonitor = {
      id: 'h',
      name: '',
      type: 'HTTP',
      delay: 5,
      timeout: 3,
      max_retries: 2,
      url_path: '/healthz',
      pools: [{ id: 'p1' }],
    }
    fake
      .on('POST', `${at}/healthmonitors`, { status: 201, body: { healthmonitor } })
      .on('PUT', `${at}/healthmonitors/h`, {
        status: 200,
        body: { healthmonitor: { ...healthmonitor, delay: 9 } },
      })
    const spec = {
      poolId: 'p1',
      type: 'HTTP',
      delaySeconds: 5,
      timeoutSeconds: 3,
      maxRetries: 2,
      urlPath: '/healthz',
    } as const
    expect(await balancing.healthMonitors.create(spec)).toMatchObject({
      delaySeconds: 5,
      poolIds: ['p1'],
      urlPath: '/healthz',
    })
    expect(fake.requests.at(-1)?.json).toEqual({
      healthmonitor: {
        pool_id: 'p1',
        type: 'HTTP',
        delay: 5,
        timeout: 3,
        max_retries: 2,
        url_path: '/healthz',
      },
    })
    expect(await balancing.healthMonitors.update('h', { delaySeconds: 9 })).toMatchObject({ delaySeconds: 9 })
  })

  it('finds pools and listeners, and reads what they hang on', async () => {
    const { fake, balancing } = setUp()
    const pool = {
      id: 'p1',
      name: 'web',
      protocol: 'HTTP',
      lb_algorithm: 'ROUND_ROBIN',
      members: [{ id: 'm1' }],
      loadbalancers: [{ id: 'lb' }],
      healthmonitor_id: 'h',
    }
    const listener = {
      id: 'l1',
      name: 'front',
      protocol: 'HTTP',
      protocol_port: 80,
      loadbalancers: [{ id: 'lb' }],
      default_pool_id: 'p1',
    }
    fake
      .on('GET', `${at}/pools`, { status: 200, body: { pools: [pool] } })
      .on('GET', `${at}/listeners`, { status: 200, body: { listeners: [listener] } })
    expect(await balancing.pools.find('web')).toMatchObject({
      memberIds: ['m1'],
      algorithm: 'ROUND_ROBIN',
      healthMonitorId: 'h',
    })
    expect(await collect(balancing.listeners.list({ loadBalancerId: 'lb' }))).toMatchObject([
      { port: 80, defaultPoolId: 'p1' },
    ])
    expect(fake.requests.at(-1)?.url.search).toBe('?loadbalancer_id=lb')
  })

  it('waits until a change is taken in, and fails when it comes to ERROR', async () => {
    const { clock, fake, balancing } = setUp()
    const is = (status: string): FakeAnswer => ({
      status: 200,
      body: { loadbalancer: { id: 'lb', name: 'x', provisioning_status: status } },
    })
    fake
      .on('GET', `${at}/loadbalancers/lb`, is('ACTIVE'))
      .once('GET', `${at}/loadbalancers/lb`, is('PENDING_UPDATE'), is('PENDING_UPDATE'))
    expect(await clock.run(balancing.waitUntilActive('lb'))).toMatchObject({ provisioningStatus: 'ACTIVE' })
    fake.on('GET', `${at}/loadbalancers/lb`, is('ERROR'))
    await expect(clock.run(balancing.waitUntilActive('lb'))).rejects.toMatchObject({ code: 'failed' })
  })

  it('that stays busy past the bound is a conflict that may pass', async () => {
    const { clock, fake, cloud } = setUp()
    const body = { faultcode: 'Client', faultstring: 'Pool p1 is immutable and cannot be updated.' }
    fake.on('PUT', `${at}/pools/p1/members`, { status: 409, body })
    await expect(clock.run(cloud.loadBalancer.members('p1').replaceAll([]))).rejects.toMatchObject({
      code: 'conflict',
      retryable: true,
      maybeDone: false,
    })
  })

  it('that the cloud has not is said', async () => {
    const { cloud } = open()
    await expect(cloud.loadBalancer.pools.find('x')).rejects.toMatchObject({
      code: 'no-endpoint',
      service: 'load-balancer',
    })
  })
})
