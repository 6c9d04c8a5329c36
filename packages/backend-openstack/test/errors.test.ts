import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { cloudTests, launchAll, signal } from './kit/cloud-tests.js'
import { novaFault } from './fake-cloud/fake-http.js'
import { thrownBy } from './kit/thrown-by.js'

const web = (token: string) => ({ group: 'web', token })

describe('refusals', () => {
  const tests = cloudTests()

  it.each([
    [403, 'Quota exceeded for cores: Requested 2, but already used 4 of 4 cores', 'quota-exceeded'],
    [403, "Policy doesn't allow os_compute_api:servers:create to be performed.", 'permission-denied'],
    [400, 'No valid host was found. ', 'no-capacity'],
    [409, 'No more IP addresses available on network 76aa6d25.', 'no-capacity'],
    [403, 'Maximum number of metadata items exceeds 128', 'invalid-template'],
    [400, 'Invalid key_name provided.', 'invalid-template'],
    [409, 'Multiple possible networks found, use a Network ID to be more specific.', 'conflict'],
    [429, 'Too many requests', 'rate-limited'],
    [500, 'Unexpected API Error.', 'launch-failed'],
    [503, 'Service unavailable', 'unavailable'],
  ])('%s %s is %s', async (status, text, code) => {
    const { fake, open } = tests
    const answer = { kind: 'answer', answer: novaFault(status, text, 'refusal') } as const
    fake.http.arm('createServer', answer, answer, answer)
    const backend = open({ options: { lookTimeoutMs: 0 } })
    const error = await thrownBy(backend.launch(web('a1'), { signal }))
    expect(error).toMatchObject({ code, requestId: expect.stringMatching(/^req-/) })
    expect(error.message).toContain('launch web-a1')
    expect(error.cause).toBeInstanceOf(Error)
  })

  it('asks no more for a while after a full quota, says why, and goes on ending servers', async () => {
    const { fake, open } = tests
    fake.quota.instances = 2
    const backend = open({ options: { checkQuota: false } })
    const [first] = await launchAll(backend, 'a', 'b')
    expect(await thrownBy(backend.launch(web('c'), { signal }))).toMatchObject({ code: 'quota-exceeded' })
    const asked = fake.http.count('createServer')
    const paused = await thrownBy(backend.launch(web('d'), { signal }))
    expect(paused).toMatchObject({ code: 'quota-exceeded', retryable: true })
    expect(paused.message).toMatch(/not asked for another \d+ s.*Quota exceeded for instances/)
    expect(paused.retryAfterMs).toBeGreaterThan(0)
    expect(fake.http.count('createServer')).toBe(asked)
    expect((await backend.terminate('web', [first ?? ''], { signal })).done).toEqual([first])
    await launchAll(backend, 'e')
    expect(fake.servers.size).toBe(2)
  })

  it.each(['createPort', 'createServer'])(
    'asks no more for a while, in whatever zone, where %s finds no address left',
    async (route) => {
      const { fake, open } = tests
      const backend = open({ options: { floatingIpFrom: 'public', zones: ['a', 'b'] } })
      const text = 'No more IP addresses available on network 76aa6d25.'
      const body = { NeutronError: { type: 'IpAddressGenerationFailure', message: text, detail: '' } }
      fake.http.arm(route, { kind: 'answer', answer: { status: 409, body } })
      expect(await thrownBy(backend.launch(web('a'), { signal }))).toMatchObject({ code: 'no-capacity' })
      const asked = fake.http.requests.filter(({ method }) => method === 'POST').length
      expect(await thrownBy(backend.launch(web('b'), { signal }))).toMatchObject({
        code: 'no-capacity',
        message: expect.stringMatching(/not asked for another \d+ s.*No more IP addresses/),
      })
      expect(fake.http.requests.filter(({ method }) => method === 'POST')).toHaveLength(asked)
    },
  )

  it('pauses after a server that found no address left, and not after a template with too much metadata', async () => {
    const { fake, open } = tests
    const backend = open()
    const [id = ''] = await launchAll(backend, 'a')
    const server = fake.servers.get(id)
    if (server === undefined) throw new Error('no server')
    server.status = 'ERROR'
    server.fault = 'No fixed IP addresses available for network: 76aa6d25'
    await backend.list('web', { signal })
    expect(await thrownBy(backend.launch(web('b'), { signal }))).toMatchObject({ code: 'no-capacity' })
    const other = open()
    const tooMuch = novaFault(403, 'Maximum number of metadata items exceeds 128')
    fake.http.arm('createServer', { kind: 'answer', answer: tooMuch })
    expect(await thrownBy(other.launch(web('c'), { signal }))).toMatchObject({ code: 'invalid-template' })
    await launchAll(other, 'd')
  })

  it('refuses an address on a network that no card is on', async () => {
    const { open } = tests
    const typo = open({ options: { address: { network: 'typo' } } })
    expect(await thrownBy(typo.launch(web('a'), { signal }))).toMatchObject({
      code: 'invalid-template',
      message: expect.stringMatching(/no network typo/),
    })
    const other = open({ options: { address: { network: 'public' } } })
    expect(await thrownBy(other.launch(web('a'), { signal }))).toMatchObject({
      code: 'invalid-template',
      message: expect.stringMatching(/address.network public is none of its networks, which are net/),
    })
  })

  it('reads a server that came to ERROR since the quota was full, and asks no more for a while', async () => {
    const { fake, open } = tests
    fake.quota.instances = 1
    fake.findsQuotaLate = true
    const backend = open({ options: { checkQuota: false } })
    const [, second] = await launchAll(backend, 'a', 'b')
    expect((await backend.list('web', { signal }))[1]).toMatchObject({
      id: second,
      status: 'failed',
      statusReason: expect.stringMatching(/^Quota exceeded for instances/),
    })
    const paused = await thrownBy(backend.launch(web('c'), { signal }))
    expect(paused).toMatchObject({ code: 'quota-exceeded', retryable: true })
    expect(fake.http.count('createServer')).toBe(2)
  })

  it('asks why a server failed once, and not with every list', async () => {
    const { fake, open } = tests
    fake.room = { nova: 0 }
    const backend = open({ cloud: { listMaxAgeMs: 0 } })
    await launchAll(backend, 'a')
    const before = fake.http.count('getServer')
    // The reason may not be had the first time.
    const answer = novaFault(500, 'Unexpected API Error.', 'computeFault')
    fake.http.arm('getServer', ...[1, 2, 3].map(() => ({ kind: 'answer', answer }) as const))
    expect((await backend.list('web', { signal }))[0]?.statusReason).toBe('Nova shows no fault')
    for (const _ of [1, 2, 3]) {
      await sleep(2)
      expect((await backend.list('web', { signal }))[0]?.statusReason).toBe('No valid host was found.')
    }
    expect(fake.http.count('getServer')).toBe(before + 4)
  })

  it('refuses what would break the quota before it is asked for', async () => {
    const { fake, open } = tests
    fake.quota.cores = 5
    const backend = open()
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map(async (token) => backend.launch(web(token), { signal })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    const refused = results.find((one) => one.status === 'rejected')
    expect(refused?.reason).toMatchObject({ code: 'quota-exceeded' })
    expect(String(refused?.reason)).toMatch(/6 of 5 cores of the project's quota; not asked for/)
    expect(fake.http.count('createServer')).toBe(2)
  })

  it('counts what is under way, which the limits may not show yet', async () => {
    const { fake, open } = tests
    fake.quota.instances = 1
    fake.http.arm('createServer', { kind: 'hang' })
    const backend = open({ cloud: { limitsMaxAgeMs: 0, timeoutMs: 2000 }, options: { lookTimeoutMs: 0 } })
    const first = backend.launch(web('a'), { signal }).catch(() => {})
    await expect.poll(() => fake.http.count('createServer')).toBe(1)
    const refused = await thrownBy(backend.launch(web('b'), { signal }))
    expect(refused.message).toMatch(/2 of 1 instances of the project's quota; not asked for/)
    await backend.close()
    await first
    expect(fake.http.count('createServer')).toBe(1)
  })

  it('asks all the same where the limits may not be read', async () => {
    const { fake, open } = tests
    fake.http.arm('limits', { kind: 'answer', answer: novaFault(403, "Policy doesn't allow it") })
    await launchAll(open(), 'a')
    expect(fake.servers.size).toBe(1)
  })

  it('reads a failed server, and goes to another zone after one without room', async () => {
    const { fake, open } = tests
    fake.room = { az1: 0 }
    const backend = open({ options: { zones: ['az1', 'az2'] } })
    const [failed] = await launchAll(backend, 'a')
    expect(await backend.list('web', { signal })).toMatchObject([
      { id: failed, status: 'failed', statusReason: 'No valid host was found.', zone: 'az1' },
    ])
    await launchAll(backend, 'b', 'c')
    const zones = [...fake.servers.values()].map(({ zone }) => zone)
    expect(zones).toEqual(['az1', 'az2', 'az2'])
  })

  it('takes no zone for full in which builds fail', async () => {
    const { fake, open } = tests
    const backend = open({ options: { zones: ['az1'] } })
    const [id = ''] = await launchAll(backend, 'a')
    await backend.list('web', { signal })
    const fault =
      'Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures.'
    Object.assign(fake.servers.get(id) ?? {}, { status: 'ERROR', fault })
    await expect
      .poll(async () => (await backend.list('web', { signal }))[0]?.statusReason, { timeout: 5000 })
      .toBe(fault)
    await launchAll(backend, 'b')
    expect(fake.servers.size).toBe(2)
  })

  it('fails fast with no-capacity when no zone has room, and ends what failed', async () => {
    const { fake, open } = tests
    fake.room = { nova: 1 }
    const backend = open()
    const [, second] = await launchAll(backend, 'a', 'b')
    await backend.list('web', { signal })
    const error = await thrownBy(backend.launch(web('c'), { signal }))
    expect(error).toMatchObject({ code: 'no-capacity', retryable: true })
    expect(error.message).toMatch(/No valid host was found/)
    expect(fake.http.count('createServer')).toBe(2)
    expect((await backend.terminate('web', [second ?? ''], { signal })).failed).toEqual([])
  })

  it('says that the credentials are refused', async () => {
    const { fake, open } = tests
    fake.http.arm('token', {
      kind: 'answer',
      answer: {
        status: 401,
        body: { error: { code: 401, message: 'The request you have made requires authentication.' } },
      },
    })
    expect(await thrownBy(open().list('web', { signal }))).toMatchObject({ code: 'permission-denied' })
  })
})
