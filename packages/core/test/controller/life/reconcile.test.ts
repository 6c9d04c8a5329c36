import { describe, expect, it } from 'vitest'
import type { GroupState, Intent } from '../../../src/controller/life/group-state.js'
import { type PlanFacts, reconcile } from '../../../src/controller/life/reconcile.js'
import { at } from '../../observations.js'
import { groupOf, member } from './members.js'

function plan(state: GroupState, more: Partial<PlanFacts> = {}): ReturnType<typeof reconcile> {
  let tokens = 0
  return reconcile(state, {
    now: at,
    max: 10,
    parallelLaunches: 5,
    hasBalancer: true,
    victims: {
      order: ['newest'],
      balanceZones: false,
      templateHash: undefined,
      busyMetric: 'cpu',
      busy: new Map(),
    },
    launching: new Set(),
    open: new Set(),
    outOfBalancer: new Set(),
    terminating: new Set(),
    newToken: () => `new-${(tokens += 1)}`,
    ...more,
  })
}

const intents = (...all: readonly Intent[]): ReadonlyMap<string, Intent> =>
  new Map(all.map((intent) => [intent.token, intent]))

const statesOf = ({ state }: ReturnType<typeof reconcile>): Readonly<Record<string, string>> =>
  Object.fromEntries([...state.members.values()].map((one) => [one.id, one.state]))

describe('reconcile, when members are missing', () => {
  it('launches as many, each as an intent with a token of its own', () => {
    const { launch, state } = plan(groupOf([member('a')], { desired: 3 }))
    expect(launch).toEqual(['new-1', 'new-2'])
    expect([...state.intents.keys()]).toEqual(launch)
  })

  it('launches no more at a time than it may, nor more than max in whatever state', () => {
    expect(plan(groupOf([], { desired: 9 })).launch).toHaveLength(5)
    const leaving = ['a', 'b'].map((id) => member(id, { state: 'terminating' }))
    expect(plan(groupOf([...leaving, member('c')], { desired: 4 }), { max: 4 }).launch).toHaveLength(1)
  })

  it('waits for the backoff, and for launches that are suspended', () => {
    const backoff = { failures: 1, lastFailureAt: at, lastDeathAt: 0, raisedAt: at, until: at + 1 }
    expect(plan(groupOf([], { desired: 1, backoff })).launch).toEqual([])
    expect(plan(groupOf([], { desired: 1, suspended: new Set(['launch']) })).launch).toEqual([])
  })

  it('cancels the newest drain before it launches', () => {
    const draining = ['old', 'new'].map((id, index) =>
      member(id, { state: 'draining', stateSince: at - 1000 + index }),
    )
    const result = plan(groupOf(draining, { desired: 1 }))
    expect(statesOf(result)).toEqual({ old: 'draining', new: 'in-service' })
    expect(result.launch).toEqual([])
  })

  it('asks for a token that was dropped before it draws a new one', () => {
    const dropped = { token: 'dropped', at: at - 1000, askedAt: at - 1000, isDropped: true }
    const { launch } = plan(groupOf([], { desired: 2, intents: intents(dropped) }))
    expect(launch).toEqual(['dropped', 'new-1'])
  })
})

describe('reconcile, when there are too many', () => {
  it('drains those that serve and ends those that do not, by the victims policy', () => {
    const group = groupOf(
      [member('a'), member('b', { createdAt: at + 1 }), member('c', { state: 'launching' })],
      { desired: 1 },
    )
    const result = plan(group)
    expect(statesOf(result)).toEqual({ a: 'in-service', b: 'draining', c: 'terminating' })
    expect(result.terminate).toEqual(['c'])
    expect(result.changes.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^the group needs only 1: /),
      expect.stringMatching(/^the group needs only 1: /),
    ])
  })

  it('keeps protected ones, and says how many stay', () => {
    const group = groupOf([member('a', { isProtected: true }), member('b', { isProtected: true })], {
      desired: 1,
    })
    expect(plan(group)).toMatchObject({ keptCount: 1, terminate: [], changes: [] })
  })

  it('drops launches first: one that was asked for keeps its room, one that was not is forgotten', () => {
    const asked = { token: 'asked', at, askedAt: at }
    const planned = { token: 'planned', at }
    const group = groupOf([member('a')], { desired: 1, intents: intents(planned, asked) })
    const { state } = plan(group)
    expect([...state.intents.values()]).toEqual([{ ...asked, isDropped: true }])
  })
})

describe('reconcile, of those that leave', () => {
  it('ends none that the balancer may still send requests to', () => {
    const draining = groupOf([member('a', { state: 'draining' })], { desired: 0 })
    expect(plan(draining).terminate).toEqual([])
    expect(plan(draining, { outOfBalancer: new Set(['a']) }).terminate).toEqual(['a'])
    expect(plan(draining, { hasBalancer: false }).terminate).toEqual(['a'])
  })

  it('ends each once, and one that failed again when its time comes', () => {
    const leaving = groupOf([member('a', { state: 'terminating', retryAt: at + 1 })], { desired: 0 })
    expect(plan(leaving).terminate).toEqual([])
    expect(plan(leaving, { now: at + 1 }).terminate).toEqual(['a'])
    expect(plan(leaving, { now: at + 1, terminating: new Set(['a']) }).terminate).toEqual([])
  })

  it('ends nobody while terminate is suspended', () => {
    const group = groupOf([member('a', { state: 'terminating' })], {
      desired: 0,
      suspended: new Set(['terminate']),
    })
    expect(plan(group).terminate).toEqual([])
  })

  it('never ends a protected one, also when it failed', () => {
    const failed = member('a', { state: 'failed', isProtected: true })
    expect(plan(groupOf([failed]), { outOfBalancer: new Set(['a']) }).terminate).toEqual([])
  })
})

describe('reconcile, of the balancer', () => {
  it('wants those in it that serve and have nothing said against them', () => {
    const { balance } = plan(
      groupOf([
        member('a'),
        member('b', { state: 'warming' }),
        member('c', { state: 'launching' }),
        member('d', { heldOut: 'its disk fails' }),
        member('e', { state: 'standby' }),
      ]),
    )
    expect(balance.map(({ id }) => id)).toEqual(['a', 'b'])
  })

  it('says why it stands still when machines that do not serve fill max', () => {
    const stuck = member('a', {
      state: 'terminating',
      attempts: 3,
      endError: 'the disk is in use',
      retryAt: at + 1,
    })
    const { heldReason } = plan(groupOf([stuck], { desired: 1 }), { max: 1 })
    expect(heldReason).toBe(
      '1 of 1 missing: 1 machine that could not be ended fills max 1: the disk is in use',
    )
  })
})
