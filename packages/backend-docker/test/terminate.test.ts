import { FlotillaError, type BatchReport } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { fakeDockerBackend } from './docker-kit.js'
import { FakeDocker } from '../../docker-engine/test/fakes/fake-docker.js'
import { dockerError } from '../../docker-engine/test/fakes/fake-errors.js'

const forever = (): AbortSignal => new AbortController().signal

async function bench(count: number, options: object = {}) {
  const clock = new FakeClock()
  const fake = new FakeDocker({ clock })
  const backend = fakeDockerBackend(fake, { clock, options, timeoutMs: 1000 })
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) {
    ids.push((await backend.launch({ group: 'web', token: `t${index}` }, { signal: forever() })).id)
  }
  fake.calls.length = 0
  const terminate = async (some: readonly string[], group = 'web'): Promise<BatchReport> =>
    clock.runUntil(backend.terminate(group, some, { signal: forever() }))
  return { clock, fake, backend, ids, terminate }
}

describe('terminate', () => {
  it('looks whose it is, stops it with its grace, and removes it', async () => {
    const { fake, ids, terminate } = await bench(1)
    expect(await terminate(ids)).toEqual({ done: ids, failed: [] })
    expect(fake.calls).toEqual(['inspectContainer', 'stopContainer', 'removeContainer'])
    expect(fake.containers.size).toBe(0)
  })

  it('does not ask first where there is no grace', async () => {
    const { fake, ids, terminate } = await bench(1, { graceMs: 0 })
    await terminate(ids)
    expect(fake.calls).toEqual(['inspectContainer', 'removeContainer'])
  })

  it('takes what stopped by itself for stopped', async () => {
    const { fake, ids, terminate } = await bench(1)
    fake.crash(ids[0] ?? '', 1)
    expect(await terminate(ids)).toEqual({ done: ids, failed: [] })
  })

  it('takes what vanishes in between for gone', async () => {
    for (const call of ['stopContainer', 'removeContainer'] as const) {
      const { fake, ids, terminate } = await bench(1)
      fake.arm(call, {
        kind: 'fail',
        error: dockerError(404, `No such container: ${ids[0]}`, 'no such container'),
      })
      expect(await terminate(ids)).toEqual({ done: ids, failed: [] })
    }
  })

  it('waits until it is gone when somebody else is removing it', async () => {
    const { fake, clock, backend, ids } = await bench(1)
    const [id = ''] = ids
    fake.get(id).isBeingRemoved = true
    let report: BatchReport | undefined
    const ended = backend.terminate('web', ids, { signal: forever() }).then((told) => (report = told))
    await clock.advance(5000)
    expect(report).toBeUndefined()
    fake.containers.delete(id)
    await clock.runUntil(ended)
    expect(report).toEqual({ done: ids, failed: [] })
  })

  it('does not wait for ever for somebody else', async () => {
    const { fake, ids, terminate } = await bench(1)
    fake.get(ids[0] ?? '').isBeingRemoved = true
    const { done, failed } = await terminate(ids)
    expect(done).toEqual([])
    expect(failed[0]?.error).toMatchObject({ code: 'conflict', instanceId: ids[0] })
  })

  it('reports each of a batch, whatever became of the others', async () => {
    const { fake, ids, terminate } = await bench(20, { parallel: 3 })
    for (const id of ids.slice(0, 5)) fake.stubborn.add(id)
    const { done, failed } = await terminate(ids)
    expect(done).toEqual(ids.slice(5))
    expect(failed.map(({ id }) => id)).toEqual(ids.slice(0, 5))
    for (const { error } of failed) expect(error).toBeInstanceOf(FlotillaError)
  })

  it('leaves a container of another controller alone, though the group has the same name', async () => {
    const { fake, clock, ids } = await bench(1)
    const other = fakeDockerBackend(fake, { clock, options: { scope: 'theirs' } })
    const { failed } = await other.terminate('web', ids, { signal: forever() })
    expect(failed[0]?.error).toMatchObject({ code: 'not-owned' })
    expect(await other.list('web', { signal: forever() })).toEqual([])
    expect(fake.get(ids[0] ?? '').isRunning).toBe(true)
  })

  it('never asks the engine about what cannot be an id', async () => {
    const { fake, terminate } = await bench(1)
    const bad = ['../images/web', 'web-t0', '', 'x?force=1', '%2e%2e']
    expect(await terminate(bad)).toEqual({ done: bad, failed: [] })
    expect(fake.calls).toEqual([])
    expect(fake.containers.size).toBe(1)
  })

  it('reports all as failed when the daemon is away, and ends them later', async () => {
    const { fake, ids, terminate } = await bench(2)
    fake.isDown = true
    const { done, failed } = await terminate(ids)
    expect(done).toEqual([])
    for (const { error } of failed) expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    fake.isDown = false
    expect((await terminate(ids)).done).toEqual(ids)
  })

  it('lets go on what somebody paused where the engine does not by itself, so that it can end in order', async () => {
    const { fake, ids, terminate } = await bench(1)
    fake.components = [{ Name: 'Podman Engine', Version: '4.3.1' }]
    fake.get(ids[0] ?? '').state = 'paused'
    expect(await terminate(ids)).toEqual({ done: ids, failed: [] })
    expect(fake.calls).toEqual([
      'inspectContainer',
      'stopContainer',
      'unpauseContainer',
      'stopContainer',
      'removeContainer',
    ])
  })

  it('ends what somebody renamed, and never what docker commit gave its labels to', async () => {
    const { fake, ids, terminate } = await bench(1)
    const [id = ''] = ids
    const { Labels } = fake.get(id).body
    const copy = fake.addForeign('debug', Labels)
    fake.imageLabels.set('web:1', Labels)
    const [failure] = (await terminate([copy])).failed
    expect(failure).toMatchObject({ id: copy, error: { code: 'not-owned' } })
    expect(failure?.error.message).toContain('docker commit')
    expect(fake.get(copy).isRunning).toBe(true)
    fake.imageLabels.clear()
    const { fake: other, ids: renamed, terminate: end } = await bench(1)
    other.get(renamed[0] ?? '').name = 'web-old'
    expect(await end(renamed)).toEqual({ done: renamed, failed: [] })
  })
})
