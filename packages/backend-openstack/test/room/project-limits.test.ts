import { testMetrics } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { projectLimits } from '../../src/room/project-limits.js'
import { cloudTests, launchAll, signal } from '../kit/cloud-tests.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { novaFault } from '../fake-cloud/fake-http.js'
import { fakeConnection } from '../kit/openstack-kit.js'

testMetrics({ describe, it }, 'projectLimits', {
  async make() {
    const fake = await FakeCloud.open()
    const connection = fakeConnection(fake, {
      cloud: { limitsMaxAgeMs: 0, retries: { count: 0 }, timeoutMs: 600 },
    })
    const known = { 'project.instances_used': 0, 'project.instances_free': 100, 'project.quota_used': 0 }
    return {
      metrics: projectLimits({ cloud: connection }),
      known,
      failAll: () => {
        fake.http.guard = () => novaFault(503, 'down', 'serviceUnavailable')
      },
      hang: () => fake.http.arm('limits', { kind: 'hang' }),
      cleanup: async () => {
        await connection.close()
        await fake.http.close()
      },
    }
  },
})

describe('projectLimits', () => {
  const tests = cloudTests()
  const request = { group: 'web', instances: [], now: 1000, signal }

  it('reads what is used and what is left, as plain numbers', async () => {
    const { fake, open } = tests
    fake.quota = { instances: 4, cores: -1, ram: 2048 }
    await launchAll(open(), 'a')
    const connection = fakeConnection(fake)
    const readings = await projectLimits({ cloud: connection }).sample(request)
    expect(readings).toEqual([
      { kind: 'value', name: 'project.instances_used', unit: 'count', at: 1000, value: 1 },
      { kind: 'value', name: 'project.instances_free', unit: 'count', at: 1000, value: 3 },
      {
        kind: 'absent',
        name: 'project.cores_free',
        unit: 'count',
        at: 1000,
        reason: 'the project has no such limit',
      },
      { kind: 'value', name: 'project.memory_free', unit: 'bytes', at: 1000, value: 1536 * 1024 ** 2 },
      { kind: 'value', name: 'project.quota_used', unit: 'ratio', at: 1000, value: 0.25 },
    ])
    await connection.close()
  })

  it('rejects when the limits cannot be read: they are never 0', async () => {
    const { fake } = tests
    fake.http.arm('limits', { kind: 'answer', answer: novaFault(403, "Policy doesn't allow it") })
    const connection = fakeConnection(fake)
    await expect(projectLimits({ cloud: connection }).sample(request)).rejects.toMatchObject({
      code: 'unavailable',
    })
    await connection.close()
  })
})
