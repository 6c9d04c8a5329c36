import type { Backend } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaultyProxy } from '../../../docker-engine/test/live/faulty-proxy.js'
import { socketPath } from '../../../docker-engine/test/live/lab.js'
import { groupOf, liveDocker, removeScope } from './live-kit.js'
import { uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { RawEngine } from '../../../docker-engine/test/live/raw-engine.js'

/** Behind a proxy that lets a part of the engine's API through, by the sections that such proxies name. */

const call = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(60_000) })
const sections = {
  CONTAINERS: /^\/containers\//,
  EVENTS: /^\/events/,
  IMAGES: /^\/images\//,
  INFO: /^\/info/,
  VERSION: /^\/version/,
} as const

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

function allow(...names: readonly (keyof typeof sections)[]): void {
  proxy.allows = (_, path) => path === '/_ping' || names.some((name) => sections[name].test(path))
}

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
  it('CONTAINERS and POST, all is done but listening, which is refused in words', async () => {
    allow('CONTAINERS')
    expect(await life('t1')).toEqual(['cpu', 'memory', 'cpu_throttled'])
    const first = backend.watch?.(groupOf(scope), call())[Symbol.asyncIterator]().next()
    await expect(first).rejects.toMatchObject({ code: 'permission-denied' })
  })

  it('EVENTS too, it listens', async () => {
    allow('CONTAINERS', 'EVENTS')
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
    allow('CONTAINERS')
    const group = groupOf(scope)
    const { id } = await backend.launch({ group, token: 't3' }, call())
    await new RawEngine(socketPath()).must('POST', `/containers/${id}/rename?name=kept-${scope}`)
    await new Promise((resolve) => void setTimeout(resolve, 600))
    expect(await backend.list(group, call())).toEqual([])
    expect(backend.problems?.(group)).toMatchObject([{ about: `container kept-${scope}` }])
    allow('CONTAINERS', 'IMAGES')
    await new Promise((resolve) => void setTimeout(resolve, 600))
    expect(await backend.list(group, call())).toMatchObject([{ id }])
  })
})
