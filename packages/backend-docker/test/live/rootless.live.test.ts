import { afterEach, describe, expect, it } from 'vitest'
import type { DockerOptions } from '../../src/options.js'
import { rootlessSocket } from '../../../docker-engine/test/live/lab.js'
import { ask, uniqueScope, urlOf } from '../../../docker-engine/test/live/live-instance.js'
import { testLiveBackend } from '../../../docker-engine/test/live/test-live-backend.js'
import { groupOf, liveDocker, liveKit, removeScope } from './live-kit.js'

/** Containers are in a network of the engine's own, which its host does not reach. */
const published = { address: 'published' } as const

/** Without control groups nobody can pause a container, nor tell what it uses. */
testLiveBackend(
  'docker on an engine without rights',
  liveKit(published, rootlessSocket, ['impair', 'heal', 'setUsage']),
  [
    'usage that the vendor does not answer rejects with the signal',
    'usage gives cpu as a ratio and memory in bytes, one of each for every instance',
    'usage is taken now',
    'an instance that cannot be read gets an absent reading with its reason, and the others are read',
    'usage of instances found after a restart is read too',
  ],
)

const call = { signal: new AbortController().signal }

describe('on an engine without rights', () => {
  const scope = uniqueScope()
  const group = groupOf(scope)
  const open = (options: Partial<DockerOptions> = {}) =>
    liveDocker(scope, {
      engine: { host: `unix://${rootlessSocket()}`, timeoutMs: 20_000 },
      ...published,
      ...options,
    })

  afterEach(async () => removeScope(scope, rootlessSocket()))

  it('an instance serves at its published port', async () => {
    const backend = open()
    const instance = await backend.launch({ group, token: 'a' }, call)
    expect(instance.address?.host).toBe('127.0.0.1')
    expect(await ask(`${urlOf(instance)}/`)).not.toBe('')
    await backend.close()
  })

  it.each(['auto', 'stats'] as const)('readings are absent, with the reason (%s)', async (usage) => {
    const backend = open({ usage })
    const instance = await backend.launch({ group, token: 'b' }, call)
    const readings = (await backend.usage?.([instance], call)) ?? []
    expect(readings.map(({ name, kind }) => [name, kind])).toEqual(
      ['cpu', 'memory', 'cpu_throttled'].map((name) => [name, 'absent']),
    )
    expect(readings[0]).toMatchObject({ reason: expect.stringContaining('control groups') })
    await backend.close()
  })
})
