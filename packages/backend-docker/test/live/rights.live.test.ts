import type { Backend } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaultyProxy } from '../../../docker-engine/test/live/faulty-proxy.js'
import { network, socketPath, workerImage } from '../../../docker-engine/test/live/lab.js'
import { uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { groupOf, liveDocker, removeScope } from './live-kit.js'
import { RawEngine } from '../../../docker-engine/test/live/raw-engine.js'
import { only } from '../../../docker-engine/test/live/socket-rights.js'

/** Behind a proxy that lets a part of the engine's API through: the table "Rights it needs" of the README. */

const call = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(60_000) })

let scope = ''
let proxy: FaultyProxy
let backend: Backend

beforeEach(async () => {
  scope = uniqueScope()
  proxy = await FaultyProxy.open(socketPath())
  backend = liveDocker(scope, { engine: { host: `unix://${proxy.socketPath}`, timeoutMs: 20_000 } })
})

afterEach(async () => {
  await backend.close()
  await proxy.close()
  await removeScope(scope)
})

/** All that a controller does but listening. */
async function life(token: string): Promise<readonly string[]> {
  const group = groupOf(scope)
  const instance = await backend.launch({ group, token }, call())
  const listed = await backend.list(group, call())
  await backend.usage?.(listed, call())
  await new Promise((resolve) => void setTimeout(resolve, 1500))
  const readings = await backend.usage?.(listed, call())
  await backend.lastOutput?.(instance, call())
  const { failed } = await backend.terminate(group, [instance.id], call())
  expect(failed).toEqual([])
  return readings?.flatMap((reading) => (reading.kind === 'value' ? [reading.name] : [])) ?? []
}

describe('with the rights', () => {
  it('CONTAINERS without POST, it lists and changes nothing', async () => {
    proxy.allows = only('CONTAINERS')
    expect(await backend.list(groupOf(scope), call())).toEqual([])
    const launched = backend.launch({ group: groupOf(scope), token: 't0' }, call())
    await expect(launched).rejects.toMatchObject({ code: 'permission-denied' })
  })

  it('CONTAINERS and POST, all is done but listening, which is refused in words', async () => {
    proxy.allows = only('CONTAINERS', 'POST')
    expect(await life('t1')).toEqual(['cpu', 'memory', 'cpu_throttled'])
    const first = backend.watch?.(groupOf(scope), call())[Symbol.asyncIterator]().next()
    await expect(first).rejects.toMatchObject({ code: 'permission-denied' })
  })

  it('EVENTS too, it listens', async () => {
    proxy.allows = only('CONTAINERS', 'POST', 'EVENTS')
    const enough = new AbortController()
    const heard: string[] = []
    const listening = (async () => {
      for await (const { what } of backend.watch?.(groupOf(scope), { signal: enough.signal }) ?? [])
        heard.push(what)
    })()
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(1)
    await life('t2')
    await expect.poll(() => heard, { timeout: 10_000 }).toContain('removed')
    enough.abort()
    await listening
  })

  it('but not IMAGES, a renamed instance is left alone, and said to be', async () => {
    proxy.allows = only('CONTAINERS', 'POST')
    const group = groupOf(scope)
    const { id } = await backend.launch({ group, token: 't3' }, call())
    await new RawEngine(socketPath()).must('POST', `/containers/${id}/rename?name=kept-${scope}`)
    await new Promise((resolve) => void setTimeout(resolve, 600))
    expect(await backend.list(group, call())).toEqual([])
    expect(backend.problems?.(group)).toMatchObject([{ about: `container kept-${scope}` }])
    proxy.allows = only('CONTAINERS', 'POST', 'IMAGES')
    await new Promise((resolve) => void setTimeout(resolve, 600))
    expect(await backend.list(group, call())).toMatchObject([{ id }])
  })

  it('but not IMAGES, an image that is not there is no question of pulling it: the launch says so', async () => {
    proxy.allows = only('CONTAINERS', 'POST')
    const engine = { host: `unix://${proxy.socketPath}`, timeoutMs: 20_000 }
    const pulling = liveDocker(scope, { image: 'flotilla-lab/nosuch:3', pull: 'missing', engine })
    const launched = pulling.launch({ group: groupOf(scope), token: 't4' }, call())
    await expect(launched).rejects.toMatchObject({ code: 'permission-denied' })
    const present = liveDocker(scope, { image: workerImage, pull: 'never', engine })
    await present.launch({ group: groupOf(scope), token: 't5' }, call())
    await Promise.all([pulling.close(), present.close()])
  })

  it('NETWORKS too, a name that a killed engine left in a network is freed', async () => {
    const group = groupOf(scope)
    const stale = (token: string): string =>
      `endpoint with name ${group}-${token} already exists in network ${network}`
    const leave = (token: string): void =>
      proxy.arm('POST', /^\/containers\/\w+\/start/, { kind: 'fail', message: stale(token) })
    proxy.allows = only('CONTAINERS', 'POST')
    leave('t6')
    await expect(backend.launch({ group, token: 't6' }, call())).rejects.toThrow('free its name')
    proxy.allows = only('CONTAINERS', 'POST', 'NETWORKS')
    leave('t7')
    expect(await backend.launch({ group, token: 't7' }, call())).toMatchObject({ token: 't7' })
    expect(proxy.requests).toContain(`POST /networks/${network}/disconnect`)
  })
})
