import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend, FlotillaError, Instance } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaultyProxy } from '../../../docker-engine/test/live/faulty-proxy.js'
import { LabDaemon } from '../../../docker-engine/test/live/lab-daemon.js'
import { socketPath, webImage } from '../../../docker-engine/test/live/lab.js'
import { liveDocker, removeScope } from './live-kit.js'
import { uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { RawEngine } from '../../../docker-engine/test/live/raw-engine.js'

const call = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(120_000) })
const tokens = Array.from({ length: 12 }, (_, index) => `t${index}`)

let scope = ''
let group = ''
let backend: Backend

beforeEach(() => {
  scope = uniqueScope()
  group = `g-${scope}`
  backend = liveDocker(scope, { image: webImage })
})

afterEach(async () => {
  await backend.close()
  await removeScope(scope)
  await new LabDaemon().endForgotten()
})

/** One container for each token and none beside, all of them listed; then none at all. */
async function expectOneEach(controller: Backend, expected: readonly string[]): Promise<void> {
  const listed = await controller.list(group, call())
  expect(listed.map(({ token }) => token).toSorted()).toEqual([...expected].toSorted())
  const found = await new RawEngine(socketPath()).ofScope(scope)
  expect(new Set(found.map(({ Id }) => Id))).toEqual(new Set(listed.map(({ id }) => id)))
  const { failed } = await controller.terminate(
    group,
    listed.map(({ id }) => id),
    call(),
  )
  expect(failed.map(({ id, error }) => `${id}: ${error.message}`)).toEqual([])
  expect(await new RawEngine(socketPath()).ofScope(scope)).toEqual([])
}

/** As a controller does it: again and again with the same token, until it is there. */
async function launchAll(controller: Backend): Promise<readonly Instance[]> {
  const launched = await Promise.allSettled(tokens.map(async (token) => launchUntilThere(controller, token)))
  return launched.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}

async function launchUntilThere(controller: Backend, token: string): Promise<Instance> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await controller.launch({ group, token }, call())
    } catch (error) {
      if (attempt === 40 || !(error as FlotillaError).retryable) throw error
      await sleep(250)
    }
  }
}

describe('a daemon', () => {
  const daemon = new LabDaemon()
  const moments = { SIGTERM: [30, 1200], SIGKILL: [30, 300] } as const
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (const afterMs of moments[signal]) {
      it(`that goes away by ${signal} ${afterMs} ms into a scale-out and comes back ends in one container a token`, async () => {
        const launching = launchAll(backend)
        await sleep(afterMs)
        await daemon.end(signal)
        await daemon.start()
        const launched = await launching
        expect(launched.map(({ token }) => token)).toEqual(tokens)
        // A restarted controller finds the same.
        const restarted = liveDocker(scope, { image: webImage })
        await expectOneEach(restarted, tokens)
        await restarted.close()
      })
    }
  }

  it('that is away is told as such at once, by its socket; what it ran is listed as stopped when it is back', async () => {
    const { id } = await backend.launch({ group, token: 't0' }, call())
    const watching = (async () => {
      for await (const _ of backend.watch?.(group, call()) ?? []) void _
    })().catch((error: unknown) => error)
    await sleep(300)
    await daemon.end('SIGTERM')
    try {
      const startedMs = performance.now()
      const error = (await backend.list(group, call()).catch((thrown: unknown) => thrown)) as FlotillaError
      expect(error).toMatchObject({ code: 'unavailable', retryable: true })
      expect(error.message).toContain(`cannot reach Docker at unix://${socketPath()}`)
      expect(performance.now() - startedMs).toBeLessThan(1000)
      expect(await watching).toMatchObject({ code: 'unavailable' })
      const { done, failed } = await backend.terminate(group, [id], call())
      expect([done, failed.map((one) => one.error.code)]).toEqual([[], ['unavailable']])
      await expect(backend.launch({ group, token: 't1' }, call())).rejects.toMatchObject({
        code: 'unavailable',
      })
    } finally {
      await daemon.start()
    }
    expect(await backend.list(group, call())).toMatchObject([{ id, status: 'stopped' }])
    await expectOneEach(backend, ['t0'])
  })
})

describe('a connection that breaks at one request in six, before or after the engine did it', () => {
  it('ends in one container a token, and in none once they are terminated', async () => {
    const proxy = await FaultyProxy.open(socketPath())
    proxy.lossRatio = 0.08
    const lossy = liveDocker(scope, { image: webImage, engine: { host: `unix://${proxy.socketPath}` } })
    await launchAll(lossy)
    const restarted = liveDocker(scope, { image: webImage })
    const listed = await restarted.list(group, call())
    expect(listed.map(({ token }) => token).toSorted()).toEqual(tokens.toSorted())
    let left = listed.map(({ id }) => id)
    for (let attempt = 0; left.length > 0 && attempt < 40; attempt += 1) {
      left = (await lossy.terminate(group, left, call())).failed.map(({ id }) => id)
    }
    expect(left).toEqual([])
    await expectOneEach(restarted, [])
    await Promise.all([lossy.close(), restarted.close()])
    await proxy.close()
  })
})
