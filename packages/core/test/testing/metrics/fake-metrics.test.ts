import { describe, expect, it } from 'vitest'
import { fakeMetrics, sampleNow, trackedInstances, type FakeMetrics } from '@flotilla/core/testing'

const request = {
  group: 'web',
  instances: trackedInstances(2),
  now: sampleNow,
  signal: new AbortController().signal,
}
const values = async (metrics: FakeMetrics): Promise<readonly unknown[]> =>
  (await metrics.sample(request)).map((reading) =>
    reading.kind === 'value' ? reading.value : reading.reason,
  )

describe('fakeMetrics', () => {
  it('reads what was set for the group', async () => {
    const metrics = fakeMetrics({ name: 'http.request_rate', unit: 'per-second', value: 7 })
    expect(await metrics.sample(request)).toEqual([
      { kind: 'value', name: 'http.request_rate', unit: 'per-second', value: 7, at: sampleNow },
    ])
    metrics.set(8)
    expect(await values(metrics)).toEqual([8])
    expect(metrics.requests).toHaveLength(2)
  })

  it('reads what was set for each instance, and for all that have none of their own', async () => {
    const metrics = fakeMetrics({ of: 'instance' })
    metrics.set(0.5)
    metrics.set(0.9, 'i-2')
    expect(await values(metrics)).toEqual([0.5, 0.9])
    metrics.lose('i-1', 'powered off')
    expect(await values(metrics)).toEqual(['powered off', 0.9])
    metrics.recover()
    expect(await values(metrics)).toEqual([0.5, 0.9])
  })

  it('fails, throws and talks nonsense until it recovers', async () => {
    const metrics = fakeMetrics({ value: 1 })
    metrics.fail('401 Unauthorized')
    await expect(values(metrics)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'fake cpu: 401 Unauthorized',
    })
    metrics.throw('a string')
    await expect(values(metrics)).rejects.toBe('a string')
    metrics.answer(null)
    await expect(metrics.sample(request)).resolves.toBeNull()
    metrics.recover()
    expect(await values(metrics)).toEqual([1])
  })

  it('hangs until its signal aborts', async () => {
    const metrics = fakeMetrics()
    metrics.hang()
    const controller = new AbortController()
    const sampling = metrics.sample({ ...request, signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(sampling).rejects.toBe(reason)
  })

  it('hangs on when told to ignore its signal', async () => {
    const metrics = fakeMetrics()
    metrics.hang({ ignoresSignal: true })
    const controller = new AbortController()
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    metrics.sample({ ...request, signal: controller.signal }).then(settled, settled)
    controller.abort()
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    expect(isSettled).toBe(false)
  })
})
