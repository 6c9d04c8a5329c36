import type { FlotillaError } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PullProgress } from '@flotilla/docker-engine'
import type { DockerOptions } from '../../src/options.js'
import { socketPath } from '../../../docker-engine/test/live/lab.js'
import { groupOf, liveDocker, removeScope } from './live-kit.js'
import { uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { MiniRegistry } from './mini-registry.js'
import { RawEngine } from '../../../docker-engine/test/live/raw-engine.js'

const call = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(60_000) })
let scope = ''
let registry: MiniRegistry

beforeEach(async () => {
  scope = uniqueScope()
  registry = await MiniRegistry.open('lab/web')
})

afterEach(async () => {
  await removeScope(scope)
  await new RawEngine(socketPath()).call('DELETE', `/images/${registry.host}/lab/web:1?force=1`)
  await registry.close()
})

async function launch(options: Partial<DockerOptions>): Promise<unknown> {
  const backend = liveDocker(scope, { image: `${registry.host}/lab/web:1`, pull: 'missing', ...options })
  try {
    return await backend.launch({ group: groupOf(scope), token: 't1' }, call())
  } catch (error) {
    return error
  } finally {
    await backend.close()
  }
}

describe('an image that is not there', () => {
  it('is pulled from its registry, and how it goes is told; then it is there', async () => {
    const heard: PullProgress[] = []
    expect(await launch({ onPull: (progress) => heard.push(progress) })).toMatchObject({ status: 'running' })
    expect(heard.map(({ status }) => status)).toContain('Pull complete')
    expect(heard.some(({ layer, totalBytes }) => layer !== undefined && (totalBytes ?? 0) > 0)).toBe(true)
    await removeScope(scope)
    registry.requests.length = 0
    expect(await launch({})).toMatchObject({ status: 'running' })
    expect(registry.requests).toEqual([])
    await removeScope(scope)
    expect(await launch({ pull: 'always' })).toMatchObject({ status: 'running' })
    expect(registry.requests).not.toEqual([])
  })

  it('is pulled with the credentials that were given, and not without', async () => {
    registry.credentials = 'ops:hunter2'
    const refused = (await launch({})) as FlotillaError
    expect(refused.code).toMatch(/^(permission-denied|invalid-template)$/)
    const wrong = (await launch({
      registryAuth: { username: 'ops', password: 'wrong-one' },
    })) as FlotillaError
    expect(wrong.message).not.toContain('wrong-one')
    const registryAuth = { username: 'ops', password: 'hunter2', serveraddress: registry.host }
    expect(await launch({ registryAuth })).toMatchObject({ status: 'running' })
  })

  it('is no template when the registry has it not, nor when nobody may fetch it', async () => {
    expect(await launch({ image: `${registry.host}/lab/web:missing` })).toMatchObject({
      code: 'invalid-template',
    })
    expect(await launch({ pull: 'never' })).toMatchObject({ code: 'invalid-template' })
  })

  it('is unavailable when the registry is', async () => {
    const error = (await launch({ image: '127.0.0.1:9/lab/web:1' })) as FlotillaError
    expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    expect(await new RawEngine(socketPath()).ofScope(scope)).toEqual([])
  })
})
