import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LifecycleState, Reading } from '../../../src/index.js'
import type { Member } from '../../../src/controller/life/group-state.js'
import { chooseVictims } from '../../../src/controller/victims/victims.js'
import { type VictimFacts, type VictimPolicy } from '../../../src/controller/victims/victim-policy.js'
import { at } from '../../observations.js'
import { propertyRuns } from '../../../../../scripts/lib/property-runs.js'

interface Kind {
  readonly zone?: string
  readonly template?: string
  /** Minutes. */
  readonly age?: number
  readonly state?: LifecycleState
  readonly isProtected?: boolean
  readonly cpu?: number
}

const member = (id: string, kind: Kind): Member => ({
  id,
  group: 'web',
  token: id,
  name: id,
  status: 'running',
  createdAt: at - (kind.age ?? 0) * 60_000,
  state: kind.state ?? 'in-service',
  stateSince: at,
  isProtected: kind.isProtected ?? false,
  failedProbes: 0,
  attempts: 0,
  retryAt: 0,
  ...(kind.zone === undefined ? {} : { zone: kind.zone }),
  ...(kind.template === undefined ? {} : { templateHash: kind.template }),
})

const members = (kinds: Readonly<Record<string, Kind>>): readonly Member[] =>
  Object.entries(kinds).map(([id, kind]) => member(id, kind))

const cpuOf = (kinds: Readonly<Record<string, Kind>>): ReadonlyMap<string, Reading> =>
  new Map(
    Object.entries(kinds).flatMap(([instanceId, { cpu: value }]): (readonly [string, Reading])[] =>
      value === undefined
        ? []
        : [[instanceId, { kind: 'value', name: 'cpu', unit: 'ratio', at, instanceId, value }]],
    ),
  )

const factsOf = (
  kinds: Readonly<Record<string, Kind>>,
  order: readonly VictimPolicy[],
  more: Partial<VictimFacts> = {},
): VictimFacts => ({
  order,
  balanceZones: true,
  templateHash: 'new',
  busyMetric: 'cpu',
  busy: cpuOf(kinds),
  ...more,
})

const chosen = (
  kinds: Readonly<Record<string, Kind>>,
  count: number,
  order: readonly VictimPolicy[],
  more: Partial<VictimFacts> = {},
): readonly string[] =>
  chooseVictims(members(kinds), count, factsOf(kinds, order, more)).map(({ member: { id } }) => id)

const three: Readonly<Record<string, Kind>> = {
  a: { age: 10, template: 'new', cpu: 0.5 },
  b: { age: 30, template: 'new', cpu: 0.9 },
  c: { age: 20, template: 'old', cpu: 0.1 },
}

/** Zone x has three, y two; the oldest of all and the only old template are in y. */
const twoZones: Readonly<Record<string, Kind>> = {
  x1: { zone: 'x', age: 10, template: 'new', cpu: 0.5 },
  x2: { zone: 'x', age: 20, template: 'new', cpu: 0.3 },
  x3: { zone: 'x', age: 5, template: 'new', cpu: 0.4 },
  y1: { zone: 'y', age: 90, template: 'old', cpu: 0.1 },
  y2: { zone: 'y', age: 1, template: 'new', cpu: 0.9 },
}

describe('each termination policy', () => {
  it.each<[readonly VictimPolicy[], readonly string[]]>([
    [['default'], ['c', 'b', 'a']],
    [['oldest-template'], ['c', 'a', 'b']],
    [['oldest-instance'], ['b', 'c', 'a']],
    [['oldest'], ['b', 'c', 'a']],
    [['newest-instance'], ['a', 'c', 'b']],
    [['newest'], ['a', 'c', 'b']],
    [['least-busy'], ['c', 'a', 'b']],
    [
      ['oldest-template', 'newest-instance'],
      ['c', 'a', 'b'],
    ],
    [
      ['oldest-template', 'least-busy', 'default'],
      ['c', 'a', 'b'],
    ],
  ])('%j takes %j', (order, wanted) => expect(chosen(three, 3, order)).toEqual(wanted))

  it('lets the next of a list decide between equals only', () => {
    const kinds = {
      a: { cpu: 0.2, age: 1 },
      b: { cpu: 0.2, age: 9 },
      c: { cpu: 0.1, age: 5 },
      d: { cpu: 0.7, age: 99 },
    }
    expect(chosen(kinds, 3, ['least-busy', 'oldest-instance'])).toEqual(['c', 'b', 'a'])
    expect(chosen(kinds, 3, ['least-busy', 'newest-instance'])).toEqual(['c', 'a', 'b'])
  })

  it('takes the template that was longest out of use first, and the one of the backend last', () => {
    const kinds = {
      a: { template: 'new', age: 500 },
      b: { template: 'v2', age: 400 },
      c: { template: 'v1', age: 300 },
      d: { template: 'v2', age: 100 },
    }
    expect(chosen(kinds, 4, ['default'])).toEqual(['c', 'b', 'd', 'a'])
  })

  it('tells no templates apart when the backend has none', () => {
    expect(chosen(three, 1, ['oldest-template', 'oldest'], { templateHash: undefined })).toEqual(['b'])
  })

  it('takes one without a reading for busy', () => {
    expect(chosen({ a: {}, b: { cpu: 0.99 } }, 1, ['least-busy'])).toEqual(['b'])
  })

  it('goes by id where nothing else tells them apart', () => {
    expect(chosen({ b: {}, c: {}, a: {} }, 2, ['default'])).toEqual(['a', 'b'])
  })

  it('is not kept from shrinking by an age that is none', () => {
    const broken = members({ a: {}, b: {} }).map((one) => ({ ...one, createdAt: Number.NaN }))
    expect(chooseVictims(broken, 2, factsOf({}, ['default']))).toHaveLength(2)
  })
})

describe('zone balance', () => {
  it.each<[string, readonly VictimPolicy[], readonly string[]]>([
    // x 3, y 2: x gives one; then both have 2, and the policy decides among them all.
    ['outranks every policy', ['default'], ['x2', 'y1', 'x1', 'x3']],
    ['outranks oldest-template', ['oldest-template'], ['x1', 'y1', 'x2', 'x3']],
    ['outranks oldest-instance', ['oldest-instance'], ['x2', 'y1', 'x1', 'x3']],
    ['outranks newest-instance', ['newest-instance'], ['x3', 'y2', 'x1', 'x2']],
    ['outranks least-busy', ['least-busy'], ['x2', 'y1', 'x3', 'x1']],
  ])('%s', (_, order, wanted) => expect(chosen(twoZones, 4, order)).toEqual(wanted))

  it('is left out when told to', () => {
    expect(chosen(twoZones, 2, ['default'], { balanceZones: false })).toEqual(['y1', 'x2'])
  })

  it('counts protected ones, and passes over a zone in which all are', () => {
    const kinds = {
      x1: { zone: 'x', isProtected: true },
      x2: { zone: 'x', isProtected: true },
      x3: { zone: 'x', isProtected: true },
      y1: { zone: 'y', isProtected: true },
      y2: { zone: 'y', age: 1 },
      z1: { zone: 'z', age: 50 },
    }
    expect(chosen(kinds, 3, ['default'])).toEqual(['y2', 'z1'])
  })

  it('does not count those on their way out, on standby or failed', () => {
    const kinds: Readonly<Record<string, Kind>> = {
      x1: { zone: 'x' },
      x2: { zone: 'x', state: 'draining' },
      x3: { zone: 'x', state: 'terminating' },
      x4: { zone: 'x', state: 'standby' },
      x5: { zone: 'x', state: 'failed' },
      y1: { zone: 'y' },
      y2: { zone: 'y' },
    }
    expect(chosen(kinds, 1, ['default'])).toEqual(['y1'])
  })

  it('takes those in no zone for a zone of their own', () => {
    expect(chosen({ a: {}, b: {}, c: { zone: 'x', age: 9 } }, 1, ['oldest'])).toEqual(['a'])
  })
})

describe('before all of that', () => {
  it('takes those that serve nobody yet, the farthest from it first', () => {
    const kinds: Readonly<Record<string, Kind>> = {
      a: { zone: 'x', age: 99 },
      b: { zone: 'x', age: 98 },
      c: { zone: 'y', state: 'warming' },
      d: { zone: 'z', state: 'launching' },
    }
    expect(chosen(kinds, 3, ['default'])).toEqual(['d', 'c', 'a'])
  })

  it('never takes a protected one, whatever it is', () => {
    expect(chosen({ a: { state: 'launching', isProtected: true }, b: {} }, 2, ['default'])).toEqual(['b'])
    expect(chosen({ a: { isProtected: true } }, 1, ['default'])).toEqual([])
  })
})

describe('why', () => {
  const whyOf = (kinds: Readonly<Record<string, Kind>>, order: readonly VictimPolicy[]): string | undefined =>
    chooseVictims(members(kinds), 1, factsOf(kinds, order))[0]?.why

  it.each<[readonly VictimPolicy[], Readonly<Record<string, Kind>>, string]>([
    [['default'], three, 'made from the oldest template'],
    [['oldest'], three, 'the oldest'],
    [['newest'], three, 'the newest'],
    [['least-busy'], three, 'the least busy, cpu 0.1'],
    [['default'], twoZones, 'zone x has most, 3 of 5; the oldest'],
    [['default'], { a: {}, b: {}, c: { zone: 'x' } }, 'no zone has most, 2 of 3; the first by id of 2 alike'],
    [['default'], { a: {}, b: { state: 'launching' } }, 'not in service yet'],
    [['default'], { a: {}, b: { state: 'warming' } }, 'still warming up'],
    [['default'], { a: {}, b: { isProtected: true } }, 'no other may go'],
    [
      ['oldest-template', 'least-busy'],
      { a: { template: 'old', cpu: 1 }, b: { template: 'old', cpu: 0.25 }, c: { template: 'new' } },
      'made from the oldest template; the least busy, cpu 0.25',
    ],
  ])('%j: says what told it from the others', (order, kinds, wanted) => {
    expect(whyOf(kinds, order)).toBe(wanted)
  })
})

describe('whatever the group', () => {
  const anyKind = fc.record({
    zone: fc.option(fc.constantFrom('x', 'y', 'z'), { nil: undefined }),
    template: fc.option(fc.constantFrom('new', 'v1', 'v2'), { nil: undefined }),
    age: fc.nat(5),
    state: fc.constantFrom<LifecycleState>('launching', 'warming', 'in-service', 'draining', 'standby'),
    isProtected: fc.boolean(),
    cpu: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  }) as fc.Arbitrary<Kind>
  const anyOrder = fc.shuffledSubarray<VictimPolicy>(
    ['oldest-template', 'oldest-instance', 'newest-instance', 'least-busy'],
    { minLength: 1 },
  )

  it('takes as many as it is told, as far as there are, each once, and the same again in another order', () => {
    fc.assert(
      fc.property(fc.array(anyKind, { maxLength: 12 }), fc.nat(12), anyOrder, (list, count, order) => {
        const kinds = Object.fromEntries(list.map((kind, index) => [`i${index}`, kind]))
        const victims = chosen(kinds, count, order)
        const free = list.filter(
          ({ isProtected, state }) => !(isProtected ?? false) && state !== 'draining' && state !== 'standby',
        )
        expect(victims).toHaveLength(Math.min(count, free.length))
        expect(new Set(victims).size).toBe(victims.length)
        const reversed = members(kinds).toReversed()
        const again = chooseVictims(reversed, count, factsOf(kinds, order)).map(({ member: { id } }) => id)
        expect(again).toEqual(victims)
      }),
    )
  })

  it('takes those that asking each question of all that are left would take', () => {
    const phases: readonly (LifecycleState | undefined)[] = ['launching', 'warming', 'in-service']
    const naive = (list: readonly Member[], count: number, facts: VictimFacts): readonly string[] => {
      let capacity = list.filter(({ state }) => phases.includes(state))
      const gone: string[] = []
      for (;;) {
        let rest = capacity.filter(({ isProtected }) => !isProtected)
        if (rest.length === 0 || gone.length === count) return gone
        const sizeOf = ({ zone }: Member): number => capacity.filter((one) => one.zone === zone).length
        const ages = (hash: string | undefined): number =>
          Math.max(...list.filter((one) => one.templateHash === hash).map(({ createdAt }) => createdAt))
        const questions: ((one: Member) => number)[] = [
          ({ state }) => phases.indexOf(state),
          (one) => -sizeOf(one),
          ({ templateHash }) => (templateHash === facts.templateHash ? Infinity : ages(templateHash)),
          ({ createdAt }) => createdAt,
        ]
        for (const question of questions) {
          const best = Math.min(...rest.map(question))
          rest = rest.filter((one) => question(one) === best)
        }
        const first = rest.map(({ id }) => id).toSorted()[0]
        gone.push(first ?? '')
        capacity = capacity.filter(({ id }) => id !== first)
      }
    }
    fc.assert(
      fc.property(fc.array(anyKind, { maxLength: 12 }), fc.nat(12), (list, count) => {
        const kinds = Object.fromEntries(list.map((kind, index) => [`i${index}`, kind]))
        const facts = factsOf(kinds, ['default'])
        expect(chosen(kinds, count, ['default'])).toEqual(naive(members(kinds), count, facts))
      }),
      { numRuns: propertyRuns(300) },
    )
  })

  it('keeps zones level as far as it may, when all are in service', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }), fc.nat(20), (zones, count) => {
        const kinds = Object.fromEntries(zones.map((zone, index) => [`i${index}`, { zone }]))
        const gone = new Set(chosen(kinds, count, ['default']))
        const left = (zone: string): number =>
          Object.entries(kinds).filter(([id, kind]) => kind.zone === zone && !gone.has(id)).length
        const before = (zone: string): number => zones.filter((one) => one === zone).length
        const touched = ['x', 'y', 'z'].filter((zone) => left(zone) < before(zone))
        const most = Math.max(left('x'), left('y'), left('z'))
        for (const zone of touched) expect(left(zone)).toBeGreaterThanOrEqual(most - 1)
      }),
    )
  })
})
