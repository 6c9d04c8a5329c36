import { describe, expect, it } from 'vitest'
import { customMetric, type CustomMetricOptions } from '../../src/metrics/custom.js'
import type { Reading } from '../../src/metrics/metrics.js'
import { instance, now, request } from './samples.js'

type Read = CustomMetricOptions['read']

const instances = [instance('a'), instance('b')]

const ofGroup = (read: unknown): Promise<readonly Reading[]> =>
  customMetric({ name: 'queue', unit: 'count', read: read as Read }).sample(request(instances))

const ofInstances = (read: unknown): Promise<readonly Reading[]> =>
  customMetric({ name: 'jobs', unit: 'count', of: 'instance', read: read as Read }).sample(request(instances))

describe('customMetric', () => {
  it.each<[string, Read]>([
    ['at once', () => 7],
    ['later', async () => 7],
  ])('gives the number that the function gives %s', async (_, read) => {
    expect(await ofGroup(read)).toEqual([{ kind: 'value', name: 'queue', unit: 'count', at: now, value: 7 }])
  })

  it.each([
    ['NaN', Number.NaN, 'invalid value NaN'],
    ['Infinity', Infinity, 'invalid value Infinity'],
    ['a text', 'abc', 'invalid value "abc"'],
    ['an object', { depth: 1 }, 'invalid value { depth: 1 }'],
    ['null', null, 'no value'],
    ['nothing', undefined, 'no value'],
  ])('has an absent reading for %s', async (_, value, reason) => {
    expect(await ofGroup(() => value)).toEqual([
      { kind: 'absent', name: 'queue', unit: 'count', at: now, reason },
    ])
  })

  it.each([
    ['throws', () => { throw new Error('boom') }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('boom'))],
    [
      'throws a text',
      () => {
        throw 'boom' // oxlint-disable-line only-throw-error
      },
    ], // oxlint-disable-line only-throw-error
  ])('has an absent reading when the function %s', async (_, read) => {
    expect(await ofGroup(read)).toMatchObject([{ kind: 'absent', reason: 'failed: boom' }])
    expect(await ofInstances(read)).toMatchObject([
      { kind: 'absent', instanceId: 'a' },
      { kind: 'absent', instanceId: 'b' },
    ])
  })

  it.each([
    [
      'a Map',
      new Map<string, unknown>([
        ['a', 3],
        ['b', 'x'],
        ['gone', 9],
      ]),
    ],
    ['an object', { a: 3, b: 'x', gone: 9 }],
  ])('takes values by instance id from %s', async (_, value) => {
    expect(await ofInstances(() => value)).toEqual([
      { kind: 'value', name: 'jobs', unit: 'count', instanceId: 'a', at: now, value: 3 },
      { kind: 'absent', name: 'jobs', unit: 'count', instanceId: 'b', at: now, reason: 'invalid value "x"' },
    ])
  })

  it('has an absent reading for each instance that is left out', async () => {
    expect(await ofInstances(() => ({ b: 1 }))).toMatchObject([
      { kind: 'absent', instanceId: 'a', reason: 'no value' },
      { kind: 'value', instanceId: 'b' },
    ])
  })

  it('does not spread one number over all instances', async () => {
    expect((await ofInstances(() => 7)).map(({ kind }) => kind)).toEqual(['absent', 'absent'])
  })

  it('takes whole readings with their own time', async () => {
    const reading = { kind: 'value', name: 'queue', unit: 'count', at: now - 5000, value: 7 }
    expect(await ofGroup(() => [reading])).toEqual([reading])
    expect(await ofGroup(() => [{ ...reading, value: Number.NaN }])).toMatchObject([{ kind: 'absent' }])
    expect(await ofGroup(() => [])).toMatchObject([{ kind: 'absent', reason: 'the source gave no reading' }])
  })

  it('hands the request to the function', async () => {
    const asked = request(instances)
    const metrics = customMetric({ name: 'm', read: (given) => (given === asked ? 1 : 0) })
    expect(await metrics.sample(asked)).toMatchObject([{ value: 1 }])
  })

  it('ends with the reason of the signal when the function never does', async () => {
    const abort = new AbortController()
    const metrics = customMetric({ name: 'm', read: () => new Promise(() => {}) })
    const sampling = metrics.sample(request([], { signal: abort.signal }))
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(sampling).rejects.toBe(reason)
  })

  it('rejects with the reason of the signal when the function fails because of it', async () => {
    const abort = new AbortController()
    const metrics = customMetric({
      name: 'm',
      read: ({ signal }): Promise<number> =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('my own')))),
    })
    const sampling = metrics.sample(request([], { signal: abort.signal }))
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(sampling).rejects.toBe(reason)
  })

  it('does not call the function when aborted beforehand', async () => {
    let calls = 0
    const metrics = customMetric({ name: 'm', read: () => (calls += 1) })
    await expect(
      metrics.sample(request([], { signal: AbortSignal.abort(new Error('enough')) })),
    ).rejects.toThrow('enough')
    expect(calls).toBe(0)
  })

  it.each<[object | undefined, string]>([
    [{ name: 'Bad Name', read: () => 1 }, 'name'],
    [{ name: 'm' }, 'read'],
    [{ name: 'm', read: 7 }, 'read'],
    [{ name: 'm', read: () => 1, unit: 'percent' }, 'unit'],
    [{ name: 'm', read: () => 1, of: 'host' }, 'of'],
    [{ name: 'm', read: () => 1, wehnMissing: { kind: 'hold' } }, 'wehnMissing'],
    [undefined, ''],
  ])('refuses %o', (options, field) => {
    expect(() => customMetric(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })
})
