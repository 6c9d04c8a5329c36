import { describe, expect, it } from 'vitest'
import type { Instance } from '../../../src/index.js'
import { type Sighting, advance, brokenReason } from '../../../src/controller/life/advance.js'
import type { GroupState } from '../../../src/controller/life/group-state.js'
import type { LifeLimits } from '../../../src/controller/life/life-limits.js'
import { at, instance } from '../../observations.js'
import { groupOf, limits, member } from './members.js'

const machine = (id: string, facts: Partial<Instance> = {}): Instance => {
  const { state: _, stateSince: _since, isProtected: _protected, ...plain } = instance(id)
  return { ...plain, address: { host: '10.0.0.1', port: 80 }, ...facts }
}

/** What becomes of a group at one sight: its members by state, and the moves in words. */
function see(
  state: GroupState,
  sighting: Partial<Sighting>,
  more: Partial<LifeLimits> = {},
): {
  readonly states: Readonly<Record<string, string>>
  readonly moves: readonly string[]
  readonly next: GroupState
} {
  const full = { now: at, probes: new Map(), random: 0, ...sighting }
  const { state: next, changes } = advance(state, full, { ...limits, ...more })
  return {
    next,
    states: Object.fromEntries([...next.members.values()].map((one) => [one.id, one.state])),
    moves: changes.map((change) => `${change.instance.id} ${change.from ?? 'new'} -> ${change.to}`),
  }
}

const answers = (healthy: boolean, ...ids: readonly string[]): Sighting['probes'] =>
  new Map(ids.map((id) => [id, healthy ? { healthy } : { healthy, reason: 'answered 503' }]))

describe('advance', () => {
  it('takes up what is listed, and lets go of what is not', () => {
    const { states, moves } = see(groupOf([member('a')]), { listed: [machine('b')] })
    expect(states).toEqual({ b: 'launching' })
    expect(moves).toEqual(['a in-service -> gone', 'b new -> launching'])
  })

  it('leaves everybody alone when nothing was listed', () => {
    expect(see(groupOf([member('a')]), {}).moves).toEqual([])
  })

  it('brings a starting one into service when its probe passes, by way of the warm-up', () => {
    const starting = groupOf([member('a', { state: 'launching', stateSince: at, readyAt: undefined })])
    const passed = { probes: answers(true, 'a') }
    expect(see(starting, { probes: answers(false, 'a') }).states).toEqual({ a: 'launching' })
    expect(see(starting, passed).states).toEqual({ a: 'in-service' })
    expect(see(starting, passed, { warmupMs: 1000 }).states).toEqual({ a: 'warming' })
    expect(see(starting, {}, { hasProbe: false }).states).toEqual({ a: 'in-service' })
  })

  it('gives one up that is not ready in time, and counts it as a failed launch', () => {
    const since = { state: 'launching', stateSince: at - limits.readyTimeoutMs, readyAt: undefined } as const
    const { states, next } = see(groupOf([member('a', since)]), {})
    expect(states).toEqual({ a: 'failed' })
    expect(next.backoff.failures).toBe(1)
    expect(next.members.get('a')?.reason).toMatch(
      /^not ready within 300000 ms: its probe has not answered yet/,
    )
  })

  it('counts failed probes in a row, forgets them at a good one, and gives up at the threshold', () => {
    const failing = member('a', { failedProbes: 1 })
    const others = ['b', 'c'].map((id) => member(id))
    const group = groupOf([failing, ...others])
    expect(see(group, { probes: answers(true, 'a') }).next.members.get('a')?.failedProbes).toBe(0)
    const twice = see(group, { probes: answers(false, 'a') }).next
    expect(twice.members.get('a')).toMatchObject({ failedProbes: 2, state: 'in-service' })
    expect(see(twice, { probes: answers(false, 'a') }).states).toMatchObject({ a: 'failed', b: 'in-service' })
  })

  it('leaves all alone when more than half are unhealthy', () => {
    const sick = ['a', 'b', 'c'].map((id) => member(id, { failedProbes: 3 }))
    const result = advance(groupOf([...sick, member('d')]), { now: at, probes: new Map(), random: 0 }, limits)
    expect(result).toMatchObject({ brakedCount: 3, changes: [] })
  })

  it('takes one that the platform says cannot serve out of traffic, and back with its probe', () => {
    const { next } = see(groupOf([member('a', { impaired: 'its disk fails' })]), {})
    expect(next.members.get('a')).toMatchObject({ state: 'in-service', heldOut: 'its disk fails' })
    const sound = groupOf([member('a', { heldOut: 'its disk fails' })])
    expect(see(sound, {}).next.members.get('a')?.heldOut).toBe('its disk fails')
    expect(see(sound, { probes: answers(true, 'a') }).next.members.get('a')?.heldOut).toBeUndefined()
  })

  it('replaces a crashed one at once, also while it serves', () => {
    const crashed = member('a', { status: 'failed', statusReason: 'exited with code 3' })
    const { states, next } = see(groupOf([crashed, member('b')]), {})
    expect(states).toEqual({ a: 'failed', b: 'in-service' })
    expect(next.members.get('a')?.reason).toBe('it failed: exited with code 3')
  })

  it('gives up nobody where the backend chooses what ends', () => {
    const crashed = member('a', { status: 'stopped' })
    expect(see(groupOf([crashed]), {}, { backendChooses: true }).states).toEqual({ a: 'launching' })
  })

  it('never changes the state it was given', () => {
    const before = groupOf([member('a'), member('b', { status: 'failed' })])
    const copy = structuredClone([...before.members])
    see(before, { listed: [machine('c')], probes: answers(false, 'a') })
    expect([...before.members]).toEqual(copy)
  })
})

describe('brokenReason', () => {
  it.each([
    ['running', undefined],
    ['pending', undefined],
    ['paused', undefined],
    ['unknown', undefined],
    ['stopped', 'it stopped: by hand'],
    ['failed', 'it failed: by hand'],
    ['stopping', 'somebody else is stopping it'],
  ] as const)('says of one that is %s: %s', (status, reason) => {
    expect(brokenReason(machine('a', { status, statusReason: 'by hand' }))).toBe(reason)
  })
})
