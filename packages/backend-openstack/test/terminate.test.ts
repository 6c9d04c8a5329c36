import { describe, expect, it } from 'vitest'
import { cloudTests, launchAll, signal } from './kit/cloud-tests.js'
import { novaFault } from './fake-cloud/fake-http.js'

describe('terminate', () => {
  const tests = cloudTests()

  it('follows each server to its end, and removes what was made for it', async () => {
    const { fake, open } = tests
    fake.deleteMs = 400
    const backend = open({ options: { floatingIpFrom: 'public' } })
    const ids = await launchAll(backend, 'a', 'b', 'c')
    const { done, failed } = await backend.terminate('web', ids, { signal })
    expect([done.toSorted(), failed]).toEqual([ids.toSorted(), []])
    expect([fake.servers.size, fake.ports.size, fake.floatingIps.size]).toEqual([0, 0, 0])
  })

  it('removes what belongs to a server also when the template knows of none any more', async () => {
    const { fake, open } = tests
    const ids = await launchAll(open({ options: { floatingIpFrom: 'public' } }), 'a')
    await open().terminate('web', ids, { signal })
    expect([fake.ports.size, fake.floatingIps.size]).toEqual([0, 0])
  })

  it('lists a server that Nova has forgotten until its port is removed too, and tries that again', async () => {
    const { fake, open } = tests
    const backend = open({ options: { floatingIpFrom: 'public' } })
    const [id = ''] = await launchAll(backend, 'a')
    const refusal = { kind: 'answer', answer: novaFault(409, 'the port is in use') } as const
    fake.http.arm('deletePort', refusal)
    const { failed } = await backend.terminate('web', [id], { signal })
    expect(failed).toMatchObject([{ id, error: { code: 'conflict' } }])
    expect([...fake.servers.values()].filter(({ deletedMs }) => deletedMs === undefined)).toEqual([])
    expect(await backend.list('web', { signal })).toMatchObject([{ id, status: 'stopping' }])
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
    expect([await backend.list('web', { signal }), fake.ports.size]).toEqual([[], 0])
  })

  it('leaves a locked server alone and reports it', async () => {
    const { fake, open } = tests
    const backend = open()
    const [id = ''] = await launchAll(backend, 'a')
    const server = fake.servers.get(id)
    if (server !== undefined) server.isLocked = true
    const { done, failed } = await backend.terminate('web', [id], { signal })
    expect(done).toEqual([])
    expect(failed).toMatchObject([{ id, error: { code: 'conflict', retryable: false } }])
    expect(failed[0]?.error.message).toMatch(/left alone: it is locked/)
    expect((await backend.list('web', { signal }))[0]?.statusReason).toMatch(/; locked$/)
  })

  it.each(['cut', 'cut-after'] as const)('ends a server whose delete was %s', async (kind) => {
    const { fake, open } = tests
    const backend = open()
    const ids = await launchAll(backend, 'a')
    fake.http.arm('deleteServer', { kind })
    expect((await backend.terminate('web', ids, { signal })).done).toEqual(ids)
    expect(fake.servers.size).toBe(0)
  })

  it('asks again while something else is done to the server', async () => {
    const { fake, open } = tests
    const backend = open()
    const ids = await launchAll(backend, 'a')
    const text = "Cannot 'delete' instance while it is in task_state rebuilding"
    fake.http.arm('deleteServer', { kind: 'answer', answer: novaFault(409, text, 'conflictingRequest') })
    expect((await backend.terminate('web', ids, { signal })).done).toEqual(ids)
  })

  it('asks again where Nova forgot the end of a server that failed, and reports one that fails to end', async () => {
    const { fake, open } = tests
    fake.room = { nova: 0 }
    const backend = open()
    const [forgotten = '', stuck = ''] = await launchAll(backend, 'a', 'b')
    fake.forgottenDeletes = 1
    expect((await backend.terminate('web', [forgotten], { signal })).done).toEqual([forgotten])
    fake.forgottenDeletes = Infinity
    const { failed } = await backend.terminate('web', [stuck], { signal })
    expect(failed).toMatchObject([{ id: stuck, error: { code: 'unknown' } }])
    expect(failed[0]?.error.message).toMatch(/came to ERROR instead: No valid host/)
  })

  it('reports a server that does not go within the bound', async () => {
    const { fake, open } = tests
    fake.deleteMs = Infinity
    const backend = open({ options: { terminateTimeoutMs: 100 } })
    const ids = await launchAll(backend, 'a')
    const { failed } = await backend.terminate('web', ids, { signal })
    expect(failed).toMatchObject([{ id: ids[0], error: { code: 'timeout' } }])
    expect((await backend.list('web', { signal }))[0]?.status).toBe('stopping')
  })
})
