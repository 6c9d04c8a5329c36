import { describe, expect, it } from 'vitest'
import type { MetricInfo } from '../../../src/metrics/metrics.js'
import { sanitiseReadings, tolerableSkewMs } from '../../../src/metrics/readings/sanitise.js'
import { now } from '../samples.js'

const cpu: MetricInfo = { name: 'cpu', unit: 'ratio', of: 'instance' }
const queue: MetricInfo = { name: 'queue', unit: 'count', of: 'group' }
const instances = [{ id: 'a' }, { id: 'b' }]

const clean = (
  raw: unknown,
  provides: readonly MetricInfo[] = [queue],
): ReturnType<typeof sanitiseReadings> => sanitiseReadings({ provides, instances, raw, now })

const queueOf = (changes: object): object => ({
  kind: 'value',
  name: 'queue',
  unit: 'count',
  at: now,
  value: 7,
  ...changes,
})

describe('sanitiseReadings', () => {
  it('keeps good readings as they are', () => {
    const readings = [
      queueOf({ at: now - 5000 }),
      { kind: 'value', name: 'cpu', unit: 'ratio', instanceId: 'a', at: now, value: 1.2, windowMs: 15_000 },
      { kind: 'absent', name: 'cpu', unit: 'ratio', instanceId: 'b', at: now, reason: 'starting' },
    ]
    expect(clean(readings, [queue, cpu])).toEqual({ readings, problems: [] })
  })

  it('gives one reading per metric and instance, in the order declared, whatever came in which order', () => {
    const raw = [
      { kind: 'value', name: 'cpu', unit: 'ratio', instanceId: 'b', at: now, value: 0.5 },
      queueOf({}),
    ]
    expect(clean(raw, [cpu, queue]).readings).toEqual([
      {
        kind: 'absent',
        name: 'cpu',
        unit: 'ratio',
        instanceId: 'a',
        at: now,
        reason: 'the source gave no reading',
      },
      raw[0],
      raw[1],
    ])
  })

  it.each([
    ['NaN', Number.NaN, 'invalid value NaN'],
    ['Infinity', Infinity, 'invalid value Infinity'],
    ['-Infinity', -Infinity, 'invalid value -Infinity'],
    ['a text', 'abc', 'invalid value "abc"'],
    ['a text with a number', '7', 'invalid value "7"'],
    ['null', null, 'no value'],
    ['nothing', undefined, 'no value'],
    ['true', true, 'invalid value true'],
    ['a bigint', 7n, 'invalid value 7n'],
    ['an object', { value: 7 }, 'invalid value { value: 7 }'],
  ])('makes an absent reading of the value %s', (_, value, reason) => {
    const { readings, problems } = clean([queueOf({ value })])
    expect(readings).toEqual([{ kind: 'absent', name: 'queue', unit: 'count', at: now, reason }])
    expect(problems).toEqual([`queue: ${reason}`])
  })

  it.each([
    ['another unit', { unit: 'bytes' }, 'unit "bytes" instead of count'],
    ['no time', { at: undefined }, 'invalid time undefined'],
    ['a text as time', { at: '2026' }, 'invalid time "2026"'],
    ['NaN as time', { at: Number.NaN }, 'invalid time NaN'],
    ['a time far ahead', { at: now + 120_000 }, 'taken 120 s in the future'],
    ['a window below 0', { windowMs: -1 }, 'invalid window -1'],
    ['a window without end', { windowMs: Infinity }, 'invalid window Infinity'],
    ['a text as window', { windowMs: '15 s' }, 'invalid window "15 s"'],
    ['an unknown kind', { kind: 'guess' }, 'kind "guess" instead of value or absent'],
  ])('makes an absent reading of one with %s', (_, changes, reason) => {
    const { readings, problems } = clean([queueOf(changes)])
    expect(readings).toEqual([{ kind: 'absent', name: 'queue', unit: 'count', at: now, reason }])
    expect(problems).toEqual([`queue: ${reason}`])
  })

  it('takes a time a little ahead, from a host with another clock, for now', () => {
    const { readings, problems } = clean([queueOf({ at: now + tolerableSkewMs })])
    expect(readings).toEqual([queueOf({ at: now })])
    expect(problems).toEqual([])
  })

  it('makes an absent reading of two for the same, rather than choose', () => {
    const { readings, problems } = clean([queueOf({}), queueOf({ value: 8 })])
    expect(readings).toMatchObject([{ kind: 'absent', reason: 'the source gave more than one reading' }])
    expect(problems).toEqual(['queue: the source gave more than one reading'])
  })

  it('drops readings of metrics that the source does not provide', () => {
    const { readings, problems } = clean([queueOf({}), queueOf({ name: 'other' })])
    expect(readings).toEqual([queueOf({})])
    expect(problems).toEqual(['gave a reading of "other", which it does not provide'])
  })

  it('drops readings of instances it was not asked about', () => {
    const raw = [{ kind: 'value', name: 'cpu', unit: 'ratio', instanceId: 'zombie', at: now, value: 1 }]
    const { readings, problems } = clean(raw, [cpu])
    expect(readings.map(({ kind, instanceId }) => [kind, instanceId])).toEqual([
      ['absent', 'a'],
      ['absent', 'b'],
    ])
    expect(problems).toEqual(['cpu: gave a reading of "zombie", which is not among the instances'])
  })

  it('does not take a reading of the group for one of an instance, nor the reverse', () => {
    const raw = [
      queueOf({ instanceId: 'a' }),
      { kind: 'value', name: 'cpu', unit: 'ratio', at: now, value: 1 },
    ]
    const { readings, problems } = clean(raw, [queue, cpu])
    expect(readings.every(({ kind }) => kind === 'absent')).toBe(true)
    expect(problems).toHaveLength(2)
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'readings'],
    ['an object', {}],
    ['a promise', Promise.resolve([])],
    ['an array of nonsense', [null, undefined, 3, 'x', [], () => {}]],
  ])('fills everything in as absent when the source gave %s', (_, raw) => {
    const { readings, problems } = clean(raw, [queue, cpu])
    expect(readings.map(({ kind }) => kind)).toEqual(['absent', 'absent', 'absent'])
    expect(problems.length).toBeGreaterThan(0)
  })

  it('survives readings whose fields throw when they are read', () => {
    const hostile = {
      get name(): string {
        throw new Error('no')
      },
    }
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const { readings, problems } = clean([
      hostile,
      revoked.proxy,
      queueOf({ value: revoked.proxy }),
      queueOf({}),
    ])
    expect(readings).toMatchObject([{ kind: 'absent' }])
    expect(problems.length).toBeGreaterThan(1)
  })

  it('keeps the list of problems short', () => {
    const { problems } = clean(Array.from({ length: 1000 }, (_, index) => queueOf({ name: `n${index}` })))
    expect(problems).toHaveLength(21)
    expect(problems.at(-1)).toBe('and 980 more')
  })

  it('bounds texts that come from outside', () => {
    const reason = 'long '.repeat(500)
    const { readings } = clean([queueOf({ kind: 'absent', reason })])
    expect(readings[0]).toMatchObject({ kind: 'absent', reason: expect.stringMatching(/^.{300}…$/) })
  })

  it('stores no negative zero, which would not survive JSON', () => {
    const [reading] = clean([queueOf({ value: -0 })]).readings
    expect(reading).toMatchObject({ value: 0 })
    expect(Object.is(reading?.kind === 'value' && reading.value, 0)).toBe(true)
  })

  it('cleans the readings of ten thousand instances', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({ id: `i-${index}` }))
    const raw = many.map(({ id }) => ({
      kind: 'value',
      name: 'cpu',
      unit: 'ratio',
      instanceId: id,
      at: now,
      value: 0.5,
    }))
    const { readings, problems } = sanitiseReadings({ provides: [cpu], instances: many, raw, now })
    expect(readings).toEqual(raw)
    expect(problems).toEqual([])
  })
})
