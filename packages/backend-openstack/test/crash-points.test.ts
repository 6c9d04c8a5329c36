import { describe, expect, it } from 'vitest'
import { cloudTests, signal } from './kit/cloud-tests.js'

const options = { floatingIpFrom: 'public', lookTimeoutMs: 0 }
const web = { group: 'web', token: 'a1' }
/** More than a launch on a new connection asks. */
const mostRequests = 18

describe('a program that dies in mid-launch', () => {
  const tests = cloudTests()
  const points = Array.from({ length: mostRequests }, (_, index) => index + 1)

  it.each(points)(
    'at its request %i leaves the next one a single whole server, and nothing behind',
    async (count) => {
      const { fake, open } = tests
      // Nova lists by its tag only what is scheduled.
      fake.scheduleMs = 60_000
      fake.buildMs = 60_000
      fake.http.dying = { userAgent: 'dead', requestCount: count }
      const dead = open({ options, cloud: { userAgent: 'dead', timeoutMs: 60, retries: { count: 0 } } })
      await dead.launch(web, { signal }).catch(() => {})
      const alive = open({ options })
      const { id } = await alive.launch(web, { signal })
      expect([...fake.servers.keys()]).toEqual([id])
      fake.scheduleMs = 0
      fake.buildMs = 0
      await expect
        .poll(async () => alive.list('web', { signal }), { timeout: 5000 })
        .toMatchObject([{ id, token: 'a1', status: 'running' }])
      expect((await alive.terminate('web', [id], { signal })).done).toEqual([id])
      expect([fake.servers.size, fake.ports.size, fake.floatingIps.size]).toEqual([0, 0, 0])
    },
  )

  it('dies within so many requests', async () => {
    const { fake, open } = tests
    fake.http.dying = { userAgent: 'dead', requestCount: mostRequests }
    const dead = open({ options, cloud: { userAgent: 'dead' } })
    await dead.launch(web, { signal })
    expect(fake.http.dying.requestCount).toBeGreaterThan(0)
  })
})
