import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSettings } from '../settings.js'
import { make, remove } from '../setup/make-and-remove.js'
import { chooseExternal } from '../setup/network.js'
import { missingRules, wantedRules } from '../setup/security-group.js'
import { untilAnswers } from '../setup/until-answers.js'
import { FakeCloud, project } from './fake-cloud.js'

const guest = createServer((request, response) => {
  response.statusCode = request.url === '/work' ? 200 : 404
  response.end()
})
let servicePort = 0

beforeAll(async () => {
  await once(guest.listen(0, '127.0.0.1'), 'listening')
  servicePort = (guest.address() as AddressInfo).port
})

afterAll(() => guest.close())

const install = fileURLToPath(new URL('../service/systemd.sh', import.meta.url))

function bare(): FakeCloud {
  const fake = new FakeCloud()
  fake.add('image', 'ubuntu', { status: 'active', properties: {} })
  fake.add('flavor', 'm1.small')
  fake.add('network', 'external', { isExternal: true })
  return fake
}

const setupOf = (fake: FakeCloud, variables: Readonly<Record<string, string>> = {}) => ({
  cloud: fake.open(),
  settings: readSettings({ SERVICE_PORT: String(servicePort), INSTALL: install, ...variables }),
  projectId: project,
  say: () => {},
})

const made = ['network test', 'router test-router', 'securityGroup service', 'image service-golden']
const things = (fake: FakeCloud) => fake.names().filter((name) => !/^(subnet|rule|port)/.test(name))
const before = ['image ubuntu', 'flavor m1.small', 'network external']

describe('golden.js', () => {
  it('makes a golden image in a bare project, and takes it down again', async () => {
    const fake = bare()
    await make(setupOf(fake))
    expect(things(fake).toSorted()).toEqual([...before, ...made].toSorted())
    await remove(setupOf(fake))
    expect(fake.names().toSorted()).toEqual(before.toSorted())
  })

  it.each([
    ['image', /no image ubuntu in this project; BASE_IMAGE names another/],
    ['flavor', /no flavor m1.small in this project; FLAVOR names another/],
  ])('makes nothing where there is no %s to begin with', async (kind, words) => {
    const fake = bare()
    for (const { id } of fake.all(kind)) fake.remove(kind, id)
    await expect(make(setupOf(fake))).rejects.toThrow(words)
    await expect(make(setupOf(bare(), { INSTALL: '/no/such/file' }))).rejects.toThrow(/INSTALL names another/)
    expect(fake.changeCount).toBe(0)
  })

  it('makes nothing where there is no such external network', async () => {
    const fake = bare()
    await expect(make(setupOf(fake, { FLOATING_FROM: 'outside' }))).rejects.toThrow(
      /no external network outside/,
    )
    expect(fake.changeCount).toBe(0)
  })

  it('changes nothing the second time', async () => {
    const fake = bare()
    await make(setupOf(fake))
    fake.changeCount = 0
    await make(setupOf(fake))
    expect(fake.changeCount).toBe(0)
  })

  for (const FLOATING_FROM of ['', 'external']) {
    it(`can be repeated after any failure${FLOATING_FROM && ', with floating addresses too'}`, async () => {
      const whole = bare()
      await make(setupOf(whole, { FLOATING_FROM }))
      await remove(setupOf(whole, { FLOATING_FROM }))
      expect(whole.changeCount).toBeGreaterThan(12)
      for (let at = 0; at < whole.changeCount; at += 1) {
        for (const isDone of [false, true]) {
          const fake = bare()
          fake.fault = { at, isDone }
          const setup = setupOf(fake, { FLOATING_FROM })
          await make(setup).catch(() => make(setup))
          expect(things(fake).toSorted()).toEqual([...before, ...made].toSorted())
          await remove(setup).catch(() => remove(setup))
          expect(fake.names().toSorted()).toEqual(before.toSorted())
        }
      }
    })

    it(`takes down what a failure left${FLOATING_FROM && ', with floating addresses too'}`, async () => {
      for (let at = 0; at < 12; at += 1) {
        const fake = bare()
        fake.fault = { at, isDone: true }
        await make(setupOf(fake, { FLOATING_FROM })).catch(() => {})
        fake.fault = undefined
        // By somebody who does not say again which addresses there were.
        await remove(setupOf(fake))
        expect(fake.names().toSorted()).toEqual(before.toSorted())
      }
    })
  }

  it('uses what has the names already, and never takes that down', async () => {
    const fake = bare()
    const network = fake.add('network', 'test', { description: '' })
    fake.add('subnet', 'test-subnet', { networkId: network.id, cidr: '192.168.222.0/24' })
    fake.add('router', 'test-router', { description: '' })
    fake.add('securityGroup', 'service', { description: 'by hand' })
    fake.add('server', 'service-golden-builder', { metadata: {}, status: 'ACTIVE' })
    fake.add('image', 'service-golden', { status: 'active', properties: {}, ownerId: project })
    const there = fake.names()
    await make(setupOf(fake))
    await remove(setupOf(fake))
    expect(fake.names()).toEqual(there)
    expect(fake.changeCount).toBe(0)
  })

  it('makes a new builder where one had failed', async () => {
    const fake = bare()
    const metadata = { made_by: 'made by examples/openstack-requests' }
    const failed = fake.add('server', 'service-golden-builder', { metadata, status: 'ERROR' })
    await make(setupOf(fake))
    expect(() => fake.get('server', failed.id)).toThrow('no server')
    expect(fake.names()).toContain('image service-golden')
  })

  it('says which variable names what is not there', async () => {
    const fake = bare()
    await expect(make(setupOf(fake, { BASE_IMAGE: 'debian' }))).rejects.toThrow(
      'no image debian in this project; BASE_IMAGE names another',
    )
  })

  it('says what may be the matter when the service does not answer', async () => {
    const variables = { SERVICE_PORT: '2', BOOT_TIMEOUT_S: '0.001' }
    await expect(make(setupOf(bare(), variables))).rejects.toThrow(
      /did not answer within.*ECONNREFUSED[^]*set FLOATING_FROM[^]*login:/,
    )
  })
})

describe('the rules of the security group', () => {
  const settings = { allowFrom: undefined, floatingFrom: undefined, keyName: undefined, servicePort: 5000 }
  const from = (changes: object) =>
    wantedRules({ ...settings, ...changes }, '10.0.0.0/24').map(
      ({ portRangeMin, remoteIpPrefix }) => `${portRangeMin} ${remoteIpPrefix}`,
    )

  it('let in the network itself, or everybody where the front is not on it, or who is named', () => {
    expect(from({})).toEqual(['5000 10.0.0.0/24'])
    expect(from({ floatingFrom: 'external' })).toEqual(['5000 0.0.0.0/0'])
    expect(from({ floatingFrom: 'external', allowFrom: '10.20.20.1/32' })).toEqual(['5000 10.20.20.1/32'])
  })

  it('have ssh only where there is a key pair', () => {
    expect(from({ keyName: 'mine' })).toEqual(['5000 10.0.0.0/24', '22 10.0.0.0/24'])
  })

  it('are made where the group does not have them yet', () => {
    const wanted = wantedRules({ ...settings, allowFrom: '0.0.0.0/0' }, undefined)
    const [rule] = wanted
    if (rule === undefined) throw new Error('no rule')
    const there = { id: 'r', name: 'r', securityGroupId: 'g', remoteGroupId: undefined, ...rule }
    expect(missingRules([], wanted)).toEqual(wanted)
    expect(missingRules([there], wanted)).toEqual([])
    // Neutron's way to say everybody.
    expect(missingRules([{ ...there, remoteIpPrefix: undefined }], wanted)).toEqual([])
    expect(missingRules([{ ...there, remoteGroupId: 'g' }], wanted)).toEqual(wanted)
    expect(missingRules([{ ...there, portRangeMax: 6000 }], wanted)).toEqual(wanted)
  })
})

describe('the external network', () => {
  const [one, two] = [
    { id: '1', name: 'one' },
    { id: '2', name: 'two' },
  ]

  it('is the one that is named, else the only one', () => {
    expect(chooseExternal([one, two], 'two')).toBe(two)
    expect(chooseExternal([one], undefined)).toBe(one)
    expect(chooseExternal([one, two], undefined)).toBeUndefined()
    expect(chooseExternal([], undefined)).toBeUndefined()
  })

  it('must be there when it is named', () => {
    expect(() => chooseExternal([one, two], 'three')).toThrow('no external network three; there is one, two')
  })
})

describe('settings', () => {
  it('are those of MicroStack, unless variables say otherwise', () => {
    expect(readSettings({})).toMatchObject({ network: 'test', flavor: 'm1.small', image: 'service-golden' })
    expect(readSettings({ MAX: '3', NETWORK: '', IMAGE: 'other' })).toMatchObject({
      max: 3,
      network: 'test',
      image: 'other',
    })
  })

  it('refuse what is no number', () => {
    expect(() => readSettings({ RATE: 'many' })).toThrow('RATE must be a number above 0, got many')
  })
})

describe('untilAnswers', () => {
  it('takes 200 only', async () => {
    await untilAnswers(`http://127.0.0.1:${servicePort}/work`, 1000)
    await expect(untilAnswers(`http://127.0.0.1:${servicePort}/other`, 1, 1)).rejects.toThrow('status 404')
  })
})
