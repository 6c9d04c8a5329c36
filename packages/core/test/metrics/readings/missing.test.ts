import { describe, expect, it } from 'vitest'
import type { Json } from '../../../src/json.js'
import { shiftLastKnown } from '../../../src/metrics/readings/last-known.js'
import type { MissingRule, Reading } from '../../../src/metrics/metrics.js'
import { resolveMissing, type MissingOutput } from '../../../src/metrics/readings/missing.js'
import type { TrackedInstance } from '../../../src/model.js'
import { instance, now } from '../samples.js'

const value = (name: string, amount: number, instanceId?: string, at: number = now): Reading => ({
  kind: 'value',
  name,
  unit: 'count',
  ...(instanceId === undefined ? {} : { instanceId }),
  at,
  value: amount,
})

const absent = (name: string, instanceId?: string, at: number = now): Reading => ({
  kind: 'absent',
  name,
  unit: 'count',
  ...(instanceId === undefined ? {} : { instanceId }),
  at,
  reason: 'source down',
})

const last: MissingRule = { kind: 'last', maxAgeMs: 60_000 }

/** Resolves with one rule for the metric `m`. */
function resolve(
  rule: MissingRule | undefined,
  readings: readonly Reading[],
  lastKnown?: Json,
  at: number = now,
  instances: readonly TrackedInstance[] = [instance('a'), instance('b')],
): MissingOutput {
  const rules = new Map(rule === undefined ? [] : [['m', rule]])
  const output = resolveMissing({ readings, rules, instances, lastKnown, now: at })
  // What is stored must come back equal.
  expect(JSON.parse(JSON.stringify(output.lastKnown))).toEqual(output.lastKnown)
  return output
}

describe('resolveMissing', () => {
  it('leaves present readings alone under every rule', () => {
    const readings = [value('m', 3), value('m', 4, 'a')]
    for (const rule of [
      undefined,
      { kind: 'hold' },
      last,
      { kind: 'assume', value: 9 },
      { kind: 'fail' },
    ] as const) {
      expect(resolve(rule, readings)).toMatchObject({ readings, notes: [] })
    }
  })

  it.each([undefined, { kind: 'hold' }] as const)('leaves an absent reading absent under %o', (rule) => {
    expect(resolve(rule, [absent('m')])).toEqual({ readings: [absent('m')], lastKnown: {}, notes: [] })
  })

  it('puts the assumed value in place of an absent reading', () => {
    const output = resolve({ kind: 'assume', value: 0.5 }, [absent('m', 'a'), value('m', 3, 'b')])
    expect(output.readings).toEqual([value('m', 0.5, 'a'), value('m', 3, 'b')])
    expect(output.notes).toEqual(['m: the assumed value 0.5 stands in for 1 instance (a: source down)'])
    expect(output.lastKnown).toEqual({})
  })

  describe('with the rule last', () => {
    it('puts in the last known value with the window it is of, also after the clock was set', () => {
      const windowed = { ...value('m', 3, 'a'), windowMs: 15_000 }
      const { lastKnown } = resolve(last, [windowed])
      expect(resolve(last, [absent('m', 'a')], lastKnown).readings).toEqual([windowed])
      const moved = resolve(last, [absent('m', 'a')], shiftLastKnown(lastKnown, -1000))
      expect(moved.readings).toEqual([{ ...windowed, at: now - 1000 }])
    })

    it.each([-1, 'long', null, true])('forgets a stored window of %j, and keeps the value', (windowMs) => {
      const stored = { m: { instances: { a: [3, now, windowMs] } } }
      expect(resolve(last, [absent('m', 'a')], stored).readings).toEqual([value('m', 3, 'a')])
    })

    it('puts in the last known value with the time it was taken', () => {
      const first = resolve(last, [value('m', 3)])
      const later = resolve(last, [absent('m', undefined, now + 30_000)], first.lastKnown, now + 30_000)
      expect(later.readings).toEqual([value('m', 3)])
      expect(later.notes).toEqual(['m: the last known value, 30 s old, stands in (source down)'])
    })

    it('measures the age from when the value was taken, not from when it last stood in', () => {
      let { lastKnown } = resolve(last, [value('m', 3)])
      for (const seconds of [20, 40, 60]) {
        const at = now + seconds * 1000
        const output = resolve(last, [absent('m', undefined, at)], lastKnown, at)
        expect(output.readings[0]?.kind).toBe('value')
        ;({ lastKnown } = output)
      }
      const tooLate = now + 60_001
      const output = resolve(last, [absent('m', undefined, tooLate)], lastKnown, tooLate)
      expect(output.readings[0]?.kind).toBe('absent')
      expect(output.lastKnown).toEqual({})
    })

    it('keeps instances apart', () => {
      const { lastKnown } = resolve(last, [value('m', 3, 'a'), value('m', 4, 'b')])
      const { readings } = resolve(last, [absent('m', 'a'), absent('m', 'b')], lastKnown)
      expect(readings).toEqual([value('m', 3, 'a'), value('m', 4, 'b')])
    })

    it('forgets instances that are gone, so that the state does not grow for ever', () => {
      const { lastKnown } = resolve(last, [value('m', 3, 'a'), value('m', 4, 'b')])
      const output = resolve(last, [value('m', 4, 'b')], lastKnown, now, [instance('b')])
      expect(output.lastKnown).toEqual({ m: { instances: { b: [4, now] } } })
    })

    it('does not give a value of a gone instance to a new one with the same id in another metric', () => {
      const { lastKnown } = resolve(last, [value('m', 3, 'a')])
      const readings = [absent('other', 'a')]
      expect(
        resolveMissing({
          readings,
          rules: new Map([['other', last]]),
          instances: [instance('a')],
          lastKnown,
          now,
        }),
      ).toMatchObject({ readings, lastKnown: {} })
    })

    it('forgets metrics that have no such rule any more', () => {
      const { lastKnown } = resolve(last, [value('m', 3)])
      expect(resolve({ kind: 'hold' }, [], lastKnown).lastKnown).toEqual({})
    })

    it('keeps what it knows while the source gives nothing at all', () => {
      const { lastKnown } = resolve(last, [value('m', 3), value('m', 4, 'a')])
      expect(resolve(last, [], lastKnown, now + 1000).lastKnown).toEqual(lastKnown)
    })

    it('counts a value from the future as taken now when the clock has gone back, and lets it age from there', () => {
      const { lastKnown } = resolve(last, [value('m', 3)])
      const back = now - 3_600_000
      const output = resolve(last, [absent('m', undefined, back)], lastKnown, back)
      expect(output.readings).toEqual([value('m', 3, undefined, back)])
      expect(output.notes[0]).toContain('0 s old')
      const later = back + 60_001
      expect(resolve(last, [absent('m', undefined, later)], output.lastKnown, later).readings[0]?.kind).toBe(
        'absent',
      )
    })

    it.each<[string, Json | undefined]>([
      ['nothing', undefined],
      ['null', null],
      ['a text', 'x'],
      ['an array', [1, 2]],
      ['a metric that is a number', { m: 3 }],
      ['a value that is a text', { m: { group: ['3', now] } }],
      ['a value that is null', { m: { group: [null, now] } }],
      ['a value without a time', { m: { group: [3] } }],
      ['a group that is an object', { m: { group: { value: 3, at: now } } }],
      ['instances that are an array', { m: { instances: [[3, now]] } }],
    ])('counts stored state that is %s as unknown', (_, lastKnown) => {
      expect(resolve(last, [absent('m')], lastKnown)).toMatchObject({
        readings: [absent('m')],
        lastKnown: {},
      })
    })

    it('takes instance ids and names that are special in JavaScript for plain names', () => {
      const odd = '__proto__'
      const rules = new Map([['constructor', last]])
      const input = { rules, instances: [instance(odd)], now }
      const { lastKnown } = resolveMissing({
        ...input,
        readings: [value('constructor', 3, odd)],
        lastKnown: undefined,
      })
      const stored = JSON.parse(JSON.stringify(lastKnown)) as Json
      const output = resolveMissing({ ...input, readings: [absent('constructor', odd)], lastKnown: stored })
      expect(output.readings).toEqual([value('constructor', 3, odd)])
    })

    it('writes one note for a thousand instances', () => {
      const many = Array.from({ length: 1000 }, (_, index) => instance(`i-${index}`))
      const { lastKnown } = resolve(
        last,
        many.map(({ id }) => value('m', 1, id)),
        undefined,
        now,
        many,
      )
      const output = resolve(
        last,
        many.map(({ id }) => absent('m', id)),
        lastKnown,
        now + 5000,
        many,
      )
      expect(output.notes).toEqual([
        'm: the last known value, 5 s old, stands in for 1000 instances (i-0: source down)',
      ])
    })
  })

  describe('with the rule fail', () => {
    it('fails when the value of the group is missing', () => {
      const { failed, readings } = resolve({ kind: 'fail' }, [absent('m')])
      expect(failed).toEqual({ name: 'm', reason: 'source down' })
      expect(readings).toEqual([absent('m')])
    })

    it('fails when the value of an instance in service is missing', () => {
      const { failed } = resolve({ kind: 'fail' }, [value('m', 1, 'a'), absent('m', 'b')])
      expect(failed).toEqual({ name: 'm', reason: 'b: source down' })
    })

    it('does not fail for instances that are not in service yet', () => {
      const instances = [instance('a'), instance('b', { state: 'launching' })]
      expect(
        resolve({ kind: 'fail' }, [value('m', 1, 'a'), absent('m', 'b')], undefined, now, instances).failed,
      ).toBeUndefined()
    })
  })

  it('changes none of its input', () => {
    const freeze = <T>(part: T): T => {
      if (typeof part === 'object' && part !== null) Object.values(Object.freeze(part)).forEach(freeze)
      return part
    }
    const { lastKnown } = resolve(last, [value('m', 3), value('m', 3, 'a')])
    const input = freeze([absent('m'), value('m', 5, 'a'), absent('m', 'b')])
    expect(() => resolve(last, input, freeze(lastKnown), now + 1)).not.toThrow()
  })
})
