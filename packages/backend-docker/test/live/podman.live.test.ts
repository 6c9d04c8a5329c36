import type { InstanceChange } from '@flotilla/core'
import { afterEach, describe, expect, it } from 'vitest'
import { network, podmanSocket, workerImage } from '../../../docker-engine/test/live/lab.js'
import { groupOf, liveDocker, liveKit, removeScope } from './live-kit.js'
import { ask, uniqueScope, urlOf } from '../../../docker-engine/test/live/live-instance.js'
import { RawEngine } from '../../../docker-engine/test/live/raw-engine.js'
import { testLiveBackend } from '../../../docker-engine/test/live/test-live-backend.js'

testLiveBackend("docker on Podman's service", liveKit({}, podmanSocket))

const call = { signal: new AbortController().signal }

describe('on Podman’s service', () => {
  const scope = uniqueScope()
  const group = groupOf(scope)
  const open = (options = {}) =>
    liveDocker(scope, { engine: { host: `unix://${podmanSocket()}`, timeoutMs: 20_000 }, ...options })

  afterEach(async () => removeScope(scope, podmanSocket()))

  it('an instance serves, and the same token twice is one', async () => {
    const backend = open()
    const [first, second] = [
      await backend.launch({ group, token: 'a' }, call),
      await backend.launch({ group, token: 'a' }, call),
    ]
    expect(second.id).toBe(first.id)
    expect(await ask(`${urlOf(first)}/`)).not.toBe('')
    await backend.close()
  })

  it('what happens is told as it happens', async () => {
    const backend = open()
    const heard: InstanceChange[] = []
    const enough = new AbortController()
    const listening = (async () => {
      for await (const change of backend.watch?.(group, { signal: enough.signal }) ?? []) heard.push(change)
    })()
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(1)
    const { id } = await backend.launch({ group, token: 'b' }, call)
    await new RawEngine(podmanSocket()).kill(id)
    await expect
      .poll(() => heard.map(({ what }) => what), { timeout: 10_000 })
      .toContain('exited with code 137 (SIGKILL)')
    expect(heard.slice(1).every(({ instanceId }) => instanceId === id)).toBe(true)
    enough.abort()
    await listening
    await backend.close()
  })

  it('what somebody paused is told, and ends', async () => {
    const backend = open()
    const { id } = await backend.launch({ group, token: 'c' }, call)
    await new RawEngine(podmanSocket()).must('POST', `/containers/${id}/pause`)
    expect(await backend.list(group, call)).toMatchObject([
      { status: 'paused', impaired: 'somebody paused it; docker unpause lets it go on' },
    ])
    expect(await backend.terminate(group, [id], call)).toEqual({ done: [id], failed: [] })
    expect(await backend.list(group, call)).toEqual([])
    await backend.close()
  })

  it('a missing network is said by its option, and nothing is left', async () => {
    const backend = open({ network: 'nosuch' })
    const launched = backend.launch({ group, token: 'd' }, call)
    await expect(launched).rejects.toMatchObject({ code: 'invalid-template', field: 'network' })
    expect(await new RawEngine(podmanSocket()).ofScope(scope)).toEqual([])
    await backend.close()
  })

  it('its last words are read', async () => {
    const command = ['/bin/sh', '-c', 'echo starting; echo no DB_URL >&2; exit 3']
    const backend = open({ image: workerImage, command, network, port: undefined })
    const instance = await backend.launch({ group, token: 'e' }, call)
    await expect
      .poll(async () => backend.list(group, call), { timeout: 10_000 })
      .toMatchObject([{ status: 'stopped', statusReason: 'exited with code 3' }])
    const words = await backend.lastOutput?.(instance, call)
    expect(words?.split('\n').toSorted()).toEqual(['no DB_URL', 'starting'])
    await backend.close()
  })
})
