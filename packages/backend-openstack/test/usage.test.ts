import { describe, expect, it } from 'vitest'
import { cloudTests, launchAll, signal } from './kit/cloud-tests.js'

describe('usage', () => {
  const tests = cloudTests()

  it('is absent with the reason where diagnostics are not allowed', async () => {
    const { fake, open } = tests
    fake.isAdmin = false
    const backend = open({ options: { usage: 'diagnostics' } })
    await launchAll(backend, 'a')
    const readings = await backend.usage?.(await backend.list('web', { signal }), { signal })
    expect(readings).toMatchObject([
      { name: 'cpu', kind: 'absent', reason: expect.stringMatching(/Policy doesn't allow/) },
      { name: 'memory', kind: 'absent' },
    ])
  })

  it('is not given unless asked for', () => {
    const backend = tests.open()
    expect([backend.supports.usage, backend.usage]).toEqual([false, undefined])
  })
})
