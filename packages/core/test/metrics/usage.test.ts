import { describe, expect, it, vi } from 'vitest'
import type { Backend } from '../../src/backend.js'
import { FlotillaError } from '../../src/errors.js'
import { usageMetrics } from '../../src/metrics/usage.js'
import { instance, now, request } from './samples.js'

type Usage = NonNullable<Backend['usage']>

const backendWith = (usage: Usage | undefined): Pick<Backend, 'name' | 'supports' | 'usage'> => ({
  name: 'fake',
  supports: { usage: usage !== undefined, watch: false, chooseVictim: true },
  ...(usage === undefined ? {} : { usage }),
})

const readingsOf = (id: string): Awaited<ReturnType<Usage>> => [
  { kind: 'value', name: 'cpu', unit: 'ratio', instanceId: id, at: now, value: 0.5 },
  { kind: 'value', name: 'memory', unit: 'bytes', instanceId: id, at: now, value: 1024 },
  { kind: 'value', name: 'throttled', unit: 'ratio', instanceId: id, at: now, value: 0.1 },
]

describe('usageMetrics', () => {
  it('reads all running instances in one call', async () => {
    const usage = vi.fn<Usage>(async (instances) => instances.flatMap(({ id }) => readingsOf(id)))
    const signal = new AbortController().signal
    const instances = [instance('a'), instance('b')]
    const readings = await usageMetrics(backendWith(usage)).sample(request(instances, { signal }))
    expect(usage).toHaveBeenCalledExactlyOnceWith(instances, { signal })
    expect(readings.map(({ name, instanceId, kind }) => [name, instanceId, kind])).toEqual([
      ['cpu', 'a', 'value'],
      ['cpu', 'b', 'value'],
      ['memory', 'a', 'value'],
      ['memory', 'b', 'value'],
    ])
  })

  it('does not ask about instances that do not run, and says so', async () => {
    const usage = vi.fn<Usage>(async (instances) => instances.flatMap(({ id }) => readingsOf(id)))
    const instances = [
      instance('a'),
      instance('b', { status: 'pending' }),
      instance('c', { status: 'stopped' }),
    ]
    const readings = await usageMetrics(backendWith(usage)).sample(request(instances))
    expect(usage.mock.calls[0]?.[0].map(({ id }) => id)).toEqual(['a'])
    expect(readings.filter(({ name }) => name === 'cpu')).toMatchObject([
      { instanceId: 'a', kind: 'value' },
      { instanceId: 'b', kind: 'absent', reason: 'the instance is pending, not running' },
      { instanceId: 'c', kind: 'absent', reason: 'the instance is stopped, not running' },
    ])
  })

  it('does not call the backend when nothing runs', async () => {
    const usage = vi.fn<Usage>()
    const readings = await usageMetrics(backendWith(usage)).sample(
      request([instance('a', { status: 'pending' })]),
    )
    expect(usage).not.toHaveBeenCalled()
    expect(readings.map(({ kind }) => kind)).toEqual(['absent', 'absent'])
  })

  it('gives further readings that were asked for', async () => {
    const metrics = usageMetrics(
      backendWith(async () => readingsOf('a')),
      {
        extra: [{ name: 'throttled', unit: 'ratio' }],
      },
    )
    expect(metrics.provides.map(({ name }) => name)).toEqual(['cpu', 'memory', 'throttled'])
    const readings = await metrics.sample(request([instance('a')]))
    expect(readings).toContainEqual(readingsOf('a')[2])
  })

  it('fills in what the backend left out', async () => {
    const readings = await usageMetrics(backendWith(async () => [])).sample(request([instance('a')]))
    expect(readings).toMatchObject([
      { kind: 'absent', name: 'cpu', instanceId: 'a', reason: 'the source gave no reading' },
      { kind: 'absent', name: 'memory', instanceId: 'a' },
    ])
  })

  it.each<[string, Usage]>([
    ['rejects with an error', () => Promise.reject(new Error('socket closed'))],
    ['rejects with a text', () => Promise.reject('socket closed')], // oxlint-disable-line prefer-promise-reject-errors
    [
      'throws',
      () => {
        throw new Error('socket closed')
      },
    ],
  ])('rejects with an error of ours when the backend %s', async (_, usage) => {
    const sampling = usageMetrics(backendWith(usage)).sample(request([instance('a')]))
    await expect(sampling).rejects.toThrow(FlotillaError)
    await expect(sampling).rejects.toThrow('read the use of 1 instances of fake: socket closed')
  })

  it('passes on an error that is ours already', async () => {
    const error = new FlotillaError('unavailable', 'docker is away')
    const sampling = usageMetrics(backendWith(() => Promise.reject(error))).sample(request([instance('a')]))
    await expect(sampling).rejects.toBe(error)
  })

  it('ends with the reason of the signal, also when the backend pays no heed to it', async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    const sampling = usageMetrics(backendWith(() => new Promise(() => {}))).sample(
      request([instance('a')], { signal: abort.signal }),
    )
    abort.abort(reason)
    await expect(sampling).rejects.toBe(reason)
  })

  it('refuses a backend that cannot tell', () => {
    expect(() => usageMetrics(backendWith(undefined))).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('backend fake') }),
    )
  })

  it.each([
    [{ name: 'cpu', unit: 'ratio' }],
    [
      { name: 'x', unit: 'count' },
      { name: 'x', unit: 'ratio' },
    ],
  ])('refuses extra metrics that are named twice', (...extra) => {
    const backend = backendWith(async () => [])
    expect(() => usageMetrics(backend, { extra: extra as never })).toThrow(
      expect.objectContaining({ code: 'invalid-options', field: 'extra' }),
    )
  })
})
