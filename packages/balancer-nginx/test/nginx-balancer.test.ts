import { setTimeout as sleep } from 'node:timers/promises'
import { FlotillaError, type BalancerMember, type SyncReport } from '@flotilla/core'
import { httpTraffic, type HttpTraffic } from '@flotilla/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { renderConfig } from '../src/config/nginx-config.js'
import { NginxBalancer } from '../src/nginx-balancer.js'
import { settingsFrom, type NginxSettings } from '../src/options/settings.js'
import { FakeNginx, type FakeNginxOptions } from './fakes/fake-nginx.js'
import { forever } from './sample.js'

const nothing = { drained: [], cut: [], readmitted: [] }
const settings: NginxSettings = {
  ...settingsFrom({ upstream: 'backend', listen: 80, drainTimeoutMs: 5000, reloadTimeoutMs: 500 }),
  blindMs: 10,
}

let fake: FakeNginx
let traffic: HttpTraffic
let balancer: NginxBalancer
let first: BalancerMember
let second: BalancerMember

async function begin(options: FakeNginxOptions = {}): Promise<void> {
  fake = new FakeNginx(options)
  const port = await fake.listen()
  traffic = httpTraffic({ url: () => `http://127.0.0.1:${port}` })
  balancer = restarted()
  first = await traffic.startMember()
  second = await traffic.startMember()
}

/** A controller's next life: the same Nginx, and no memory. */
function restarted(): NginxBalancer {
  return new NginxBalancer({ settings, api: fake, page: fake })
}

function sync(...members: readonly BalancerMember[]): Promise<SyncReport> {
  const syncing = balancer.sync(members, { signal: new AbortController().signal })
  syncing.catch(() => {})
  return syncing
}

const countOf = (call: string): number => fake.calls.filter((one) => one === call).length

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  return (
    (await Promise.race([
      promise.then(
        () => 'over',
        () => 'over',
      ),
      sleep(60, 'pending'),
    ])) === 'pending'
  )
}

beforeEach(() => begin())
afterEach(async () => {
  await balancer.close()
  await fake.stop()
  await traffic.cleanup()
})

describe('updates', () => {
  it('asked for while one is under way become one', async () => {
    const syncing = [sync(first)]
    await sleep(0)
    for (let count = 0; count < 20; count += 1) syncing.push(sync(first, second), sync(second))
    const reports = await Promise.all(syncing)
    expect(countOf('reload')).toBe(2)
    expect(reports.at(-1)).toEqual({ ...nothing, drained: [first.id] })
    // Each but the last that took the first one out was followed by one that brought it back.
    expect(reports.slice(1, -1).filter(({ readmitted }) => readmitted.includes(first.id))).toHaveLength(19)
  })

  it('that take out and bring back between two reloads need none', async () => {
    await sync(first)
    fake.calls.length = 0
    fake.faults.write = new FlotillaError('unavailable', 'the disk is full')
    const broken = sync(second)
    const away = sync()
    const back = sync(first)
    await expect(broken).rejects.toThrow('the disk is full')
    expect(await away).toEqual({ ...nothing, readmitted: [first.id] })
    expect(await back).toEqual(nothing)
    expect(countOf('write')).toBe(2)
  })

  it('do without the last of them when nginx refuses that one', async () => {
    await sync(first)
    const blocking = sync(first, { ...second, id: 'x' })
    await sleep(0)
    const good = sync(second)
    const bad = sync(second, first)
    // The next verdict is on the update under way, the one after on both sets together.
    const test = fake.test.bind(fake)
    fake.test = async (call) => {
      const verdict = await test(call)
      fake.refusal =
        fake.file?.includes(`id ${second.id}`) === true ? undefined : 'host not found in upstream'
      fake.test = test
      return verdict
    }
    await blocking
    const outcomes = await Promise.allSettled([good, bad])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(fake.file).toContain(`id ${second.id}`)
    expect(fake.file).not.toContain(`id ${first.id}`)
  })

  it('are written only when something changed', async () => {
    await sync(first, second)
    fake.calls.length = 0
    await sync(second, first)
    expect(fake.calls).toEqual([])
  })

  it('are made again after one that may or may not have come into force', async () => {
    await sync(first)
    fake.ignoresReload = true
    await expect(sync(second)).rejects.toMatchObject({ code: 'timeout' })
    fake.ignoresReload = false
    const before = countOf('reload')
    expect(await sync(first)).toEqual(nothing)
    expect(countOf('reload')).toBe(before + 1)
  })

  it('need no reload after one that nginx refused', async () => {
    await sync(first)
    fake.refusal = 'no'
    await expect(sync(second)).rejects.toThrow('[emerg] no')
    const before = countOf('reload')
    expect(await sync(first)).toEqual(nothing)
    expect(countOf('reload')).toBe(before)
  })
})

describe('a sync that gave up', () => {
  it('before its turn is left out', async () => {
    const controller = new AbortController()
    const running = sync(first)
    await sleep(0)
    const given = balancer.sync([second], { signal: controller.signal })
    const reason = new Error('the caller gave up')
    controller.abort(reason)
    await expect(given).rejects.toBe(reason)
    await running
    expect(await sync(first)).toEqual(nothing)
    expect(fake.file).not.toContain(`id ${second.id}`)
  })

  it('leaves its removals to the next one, which waits for them', async () => {
    await sync(first)
    const held = await traffic.hold()
    const controller = new AbortController()
    const given = balancer.sync([second], { signal: controller.signal })
    given.catch(() => {})
    expect(await isPending(given)).toBe(true)
    controller.abort(new Error('the caller gave up'))
    const next = sync(second)
    expect(await isPending(next)).toBe(true)
    held.release()
    expect(await next).toEqual({ ...nothing, drained: [first.id] })
    expect(await sync(second)).toEqual(nothing)
  })

  it('leaves nothing to one that brings its members back', async () => {
    await sync(first)
    const held = await traffic.hold()
    const controller = new AbortController()
    const given = balancer.sync([second], { signal: controller.signal })
    given.catch(() => {})
    expect(await isPending(given)).toBe(true)
    controller.abort(new Error('the caller gave up'))
    expect(await sync(first, second)).toEqual(nothing)
    held.release()
  })
})

describe('a drain', () => {
  it('does not hold up the update after it', async () => {
    const third = await traffic.startMember()
    await sync(first)
    const held = await traffic.hold()
    const removing = sync(second)
    expect(await sync(second, third)).toEqual(nothing)
    expect(await isPending(removing)).toBe(true)
    held.release()
    expect(await removing).toEqual({ ...nothing, drained: [first.id] })
  })

  it('is over when nginx itself cut it, which its configuration tells', async () => {
    await balancer.close()
    await fake.stop()
    await traffic.cleanup()
    await begin({ workerShutdownMs: 300 })
    await sync(first)
    await traffic.hold()
    expect(await sync(second)).toEqual({ ...nothing, cut: [first.id] })
  })
})

describe('after a restart of the controller', () => {
  it('members that the file names and the set does not are drained', async () => {
    await sync(first)
    const held = await traffic.hold()
    await balancer.close()
    balancer = restarted()
    const removing = sync(second)
    expect(await isPending(removing)).toBe(true)
    held.release()
    expect(await removing).toEqual({ ...nothing, drained: [first.id] })
  })

  it('a drain that the one before had begun is waited for', async () => {
    await sync(first)
    const held = await traffic.hold()
    const abandoned = sync(second)
    expect(await isPending(abandoned)).toBe(true)
    await balancer.close()
    balancer = restarted()
    const again = sync(second)
    expect(await isPending(again)).toBe(true)
    held.release()
    expect(await again).toEqual(nothing)
  })

  it('what is in force already is not loaded again', async () => {
    await sync(first, second)
    await balancer.close()
    fake.calls.length = 0
    balancer = restarted()
    expect(await sync(first, second)).toEqual(nothing)
    expect(countOf('reload') + countOf('write')).toBe(0)
  })

  it('what was written and not loaded is loaded', async () => {
    await sync(first)
    await balancer.close()
    const { text } = renderConfig(settings.shape, [{ ...second, weight: 1 }])
    fake.file = text
    balancer = restarted()
    await sync(second)
    expect(countOf('reload')).toBe(2)
    expect((await traffic.request()).memberId).toBe(second.id)
  })

  it('a file of somebody else is left alone, until it is moved away', async () => {
    fake.file = 'upstream backend { server 10.0.0.9; }\n'
    await expect(sync(first)).rejects.toMatchObject({ code: 'conflict' })
    expect(fake.file).toBe('upstream backend { server 10.0.0.9; }\n')
    fake.file = undefined
    expect(await sync(first)).toEqual(nothing)
  })

  it('nothing is taken for known when the first look failed', async () => {
    await sync(first)
    const held = await traffic.hold()
    await balancer.close()
    balancer = restarted()
    fake.faults.look = new FlotillaError('unavailable', 'the engine is away')
    await expect(sync(second)).rejects.toThrow('the engine is away')
    const removing = sync(second)
    expect(await isPending(removing)).toBe(true)
    held.release()
    expect(await removing).toEqual({ ...nothing, drained: [first.id] })
  })
})

describe('close', () => {
  it('lets the update under way end, and rejects every sync that waits', async () => {
    await sync(first)
    const held = await traffic.hold()
    const draining = sync(second)
    expect(await isPending(draining)).toBe(true)
    const updating = sync(first, second)
    const waiting = sync(second)
    await balancer.close()
    for (const one of [draining, updating, waiting, sync(first)]) {
      await expect(one).rejects.toMatchObject({ code: 'closed' })
    }
    await expect(balancer.describeSetup({ signal: forever })).rejects.toMatchObject({ code: 'closed' })
    held.release()
    expect((await held.answer).status).toBe(200)
    expect((await traffic.request()).status).toBe(200)
  })
})

describe('describeSetup', () => {
  it.each([0, 1])('tells which setup it is, with %i members', async (count) => {
    await sync(...[first].slice(0, count))
    expect(await balancer.describeSetup({ signal: forever })).toMatchObject({
      kind: 'client-retry',
      isStrictlyLossless: false,
      version: '1.22.1',
    })
  })
})

describe('readings', () => {
  const request = { group: 'web', instances: [], now: 5, signal: forever }

  it('are absent before the first set is in force, for nothing can answer yet; after it that nothing does is an error', async () => {
    const readings = await balancer.sample(request)
    expect(readings.map(({ name }) => name)).toEqual(balancer.provides.map(({ name }) => name))
    for (const reading of readings) {
      expect(reading).toMatchObject({
        kind: 'absent',
        reason: 'no configuration of ours is in force yet: the fake counts nothing',
      })
    }
    await sync(first)
    await expect(balancer.sample(request)).rejects.toMatchObject({ code: 'unavailable' })
  })
})
