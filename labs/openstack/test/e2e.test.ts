import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { openstackCloud } from '../../../packages/backend-openstack/src/index.js'
import { proxy } from '../../../packages/balancer-proxy/src/index.js'
import { fileStore, httpProbe, threshold } from '../../../packages/core/src/index.js'
import { closedLoad } from '../../lib/closed-load.js'
import { answers, expectAllAnswered, startExample, type Running } from '../../lib/story.js'
import {
  cloudName,
  fakeTemplate,
  groupOf,
  guestTemplate,
  killService,
  restoreService,
  serversOf,
  setKnobs,
  sized,
  uniqueName,
  until,
  type Group,
} from './rig.js'

const directory = mkdtempSync(join(tmpdir(), 'flotilla-e2e-'))
const closers: (() => Promise<void>)[] = []
const running: Running[] = []

afterEach(async () => {
  setKnobs()
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  for (const close of closers.splice(0).toReversed()) await close()
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A group that is sized by hand, on the fake hosts. */
async function manual(...given: Parameters<typeof groupOf>): Promise<Group> {
  const group = groupOf(...given)
  closers.push(group.close)
  await group.web.start()
  await group.web.pause('scaling')
  return group
}

describe('guests behind the proxy', () => {
  it('grow under load and come back, and no request is lost', async () => {
    const front = proxy({ port: 0 })
    const { host, port } = await front.listen()
    const url = `http://${host}:${port}`
    const group = groupOf(
      {
        min: 1,
        max: 2,
        balancer: front,
        probe: httpProbe('/health', { timeoutMs: 5000 }),
        policy: threshold({ metric: 'http.instance_in_flight', above: 2, below: 0.5 }),
        behavior: { scaleOut: { rates: [] }, scaleIn: { rates: [], windowMs: 4000 } },
      },
      guestTemplate,
    )
    closers.push(async () => {
      await group.close()
      await front.close()
    })
    await group.web.start()
    await until('the first answer', async () => answers(`${url}/health`), 240_000)
    const load = closedLoad({ url, workers: 6 })
    await until('answers of two machines', () => Object.keys(load.report().byMember).length >= 2, 240_000)
    expectAllAnswered(await load.stop())
    // A little load goes on while one of them goes.
    const light = closedLoad({ url, workers: 1, kib: 1, pauseMs: 500 })
    await until('one again', async () => group.inService() === 1 && (await group.servers()).length === 1)
    expectAllAnswered(await light.stop())
    expect(await group.servers()).toHaveLength(1)
  })
})

describe('a group on the fake hosts', () => {
  it('replaces a server that somebody else deleted', async () => {
    const group = await manual({ min: 0, max: 4 })
    const [victim, other] = await sized(group, 2)
    await group.cloud.client.compute.servers.delete(victim?.id ?? '')
    const replaced = () => {
      const ids = group.web.status().instances.map(({ id }) => id)
      return group.inService() === 2 && !ids.includes(victim?.id ?? '') && ids.includes(other?.id ?? '')
    }
    await until('another in its place', replaced)
    expect(await group.servers()).toHaveLength(2)
  })

  it('comes to its size though builds are slow and some of them fail', async () => {
    setKnobs({ build_delay: [0, 3], delete_delay: [0, 1], fail_rate: 0.3, fail_mode: 'abort' })
    const launch = { parallel: 8, backoff: { baseMs: 300, capMs: 2000 } }
    const group = await manual({ min: 0, max: 12, launch })
    expect(await sized(group, 10, 240_000)).toHaveLength(10)
    expect(await sized(group, 0, 240_000)).toEqual([])
  })

  it('goes on where it was when Nova was killed in mid-launch', async () => {
    // A server that Nova had noted down, and not yet handed on when it was killed, stays in BUILD for good: it is replaced.
    const group = await manual({
      min: 0,
      max: 6,
      launch: { readyTimeoutMs: 45_000, backoff: { baseMs: 300, capMs: 2000 } },
    })
    const [kept] = await sized(group, 1)
    await group.web.setDesired(4)
    await sleep(300)
    await killService('nova-api')
    await sleep(2000)
    expect(group.inService()).toBeGreaterThanOrEqual(1)
    await restoreService('nova-api')
    expect((await sized(group, 4, 240_000)).map(({ id }) => id)).toContain(kept?.id)
  })

  it('takes from another zone what one has no room for', async () => {
    // No host of this flavor is in the first of the two.
    const zones = ['az-tiny', 'az1']
    const launch = { backoff: { baseMs: 300, capMs: 2000 } }
    const group = await manual({ min: 0, max: 6, launch }, { zones, pauseMs: 120_000 })
    const said: string[] = []
    group.web.on('instance', ({ to, reason }) => void (to === 'failed' && said.push(reason)))
    const servers = await sized(group, 3, 240_000)
    expect(servers.map(({ availabilityZone }) => availabilityZone)).toEqual(['az1', 'az1', 'az1'])
    expect(said.join('; ')).toMatch(/No valid host/)
  })

  it('is full at the quota, says so, and still shrinks', async () => {
    const launch = { backoff: { baseMs: 300, capMs: 2000 } }
    const group = await manual({ min: 0, max: 6, launch }, {}, { cloud: `${process.env['OS_CLOUD']}-small` })
    const said: string[] = []
    group.web.on('problem', ({ message }) => void said.push(message))
    await group.web.setDesired(5)
    await until('three in service, and word of the quota', () => {
      return group.inService() === 3 && said.some((message) => /quota|limit/i.test(message))
    })
    expect(await sized(group, 1)).toHaveLength(1)
  })

  it('is found again by another controller, with what was under way', async () => {
    setKnobs({ build_delay: [3, 4] })
    const name = uniqueName('e2e')
    const store = fileStore(directory)
    const first = groupOf({ group: name, min: 0, max: 4, store })
    await first.web.start()
    await first.web.pause('scaling')
    await first.web.setDesired(3)
    await until('launches under way', async () => (await first.servers()).length > 0)
    const before = await first.servers()
    await first.web.stop()
    await first.cloud.close()
    const second = await manual({ group: name, min: 0, max: 4, store })
    const ids = (await sized(second, 3)).map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(before.map(({ id }) => id)))
  })
})

describe('a warm pool', () => {
  it.each(['stopped', 'paused', 'shelved'] as const)('gives a server that waited %s', async (kind) => {
    // A fake host's snapshot is none, so that what it shelves cannot be woken.
    const template = kind === 'shelved' ? guestTemplate : fakeTemplate
    const group = await manual({ min: 0, max: 3 }, { ...template, warmPool: { size: 1, kind } })
    const asleep = { stopped: 'SHUTOFF', paused: 'PAUSED', shelved: 'SHELVED_OFFLOADED' }[kind]
    const spare = async () => (await group.servers()).find(({ status }) => status === asleep)
    await until('a spare', async () => (await spare()) !== undefined)
    const { id } = (await spare()) ?? { id: '' }
    await group.web.setDesired(1)
    await until('it serves', () =>
      group.web.status().instances.some((one) => one.id === id && one.state === 'in-service'),
    )
    await until('another spare', async () => (await spare()) !== undefined)
    await group.web.stop({ terminate: true })
    expect(await group.servers()).toEqual([])
  })
})

describe('examples/openstack-requests', () => {
  it('makes a golden image of a running server, and a group of it that grows, is killed, and is found again', async () => {
    const name = uniqueName('requests')
    const env = {
      BASE_IMAGE: 'lab-guest',
      INSTALL: fileURLToPath(new URL('install-service.sh', import.meta.url)),
      IMAGE: `${name}-golden`,
      FLAVOR: 'q1.nano',
      NETWORK: 'lab-real',
      SECURITY_GROUP: name,
      GROUP: name,
      PORT: '18082',
      MAX: '2',
      RATE: '3',
      COOLDOWN_S: '5',
    }
    const run = (program: string, ...args: readonly string[]): Running => {
      const started = startExample(`openstack-requests/${program}`, args, { directory, env })
      running.push(started)
      return started
    }
    const client = openstackCloud({ cloud: cloudName })
    closers.push(async () => client.close())
    const serverIds = async () => (await serversOf(client.client, name)).map(({ id }) => id)
    const url = 'http://127.0.0.1:18082/work'

    const golden = run('golden.js')
    expect([await golden.ended, ...golden.lines.slice(-3)]).toContain(0)
    const first = run('main.js')
    await until(`the first answer: ${first.lines.slice(-3).join(' ')}`, async () => answers(url), 240_000)

    const byMember = new Map<string, number>()
    const failures: string[] = []
    const stop = new AbortController()
    const clients = [1, 2].map(async () => {
      while (!stop.signal.aborted) {
        try {
          const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) })
          const member = (await answer.text()).trim()
          if (!answer.ok) failures.push(`${answer.status} ${member}`)
          byMember.set(member, (byMember.get(member) ?? 0) + 1)
        } catch (error) {
          failures.push(String(error))
        }
        await sleep(200)
      }
    })
    await until('answers of two servers', () => byMember.size >= 2, 240_000)
    stop.abort()
    await Promise.all(clients)
    expect(failures).toEqual([])
    // The guest's name is the id of its server.
    expect([...byMember.keys()].toSorted()).toEqual((await serverIds()).toSorted())

    first.child.kill('SIGKILL')
    await first.ended
    const before = await serverIds()
    const second = run('main.js')
    await until('it answers again', async () => answers(url))
    expect(before).toEqual(expect.arrayContaining([...(await serverIds())]))
    second.child.kill('SIGINT')
    expect([await second.ended, ...second.lines.slice(-5)]).toContain(0)
    const last = run('main.js', '--end')
    expect([await last.ended, ...last.lines.slice(-5)]).toContain(0)
    expect(await serverIds()).toEqual([])
    const removed = run('golden.js', '--remove')
    expect([await removed.ended, ...removed.lines.slice(-3)]).toContain(0)
    expect(await client.client.image.find(env.IMAGE)).toBeUndefined()
  })
})
