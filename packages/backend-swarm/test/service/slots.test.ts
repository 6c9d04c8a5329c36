import { describe, expect, it } from 'vitest'
import { slotsOf } from '../../src/service/slots.js'
import { spec, task } from './sample-tasks.js'

describe('the places of a service', () => {
  it('count each with the task that shall run, or else the newest', () => {
    const tasks = [
      task(1, 'failed', { DesiredState: 'shutdown', CreatedAt: '2026-11-21T22:00:01Z' }),
      task(1, 'running', { CreatedAt: '2026-11-21T22:00:00Z' }),
      task(2, 'failed', { DesiredState: 'shutdown', CreatedAt: '2026-11-21T22:00:00Z' }),
      task(2, 'rejected', { DesiredState: 'shutdown', CreatedAt: '2026-11-21T22:00:05Z' }),
      task(3, 'running', { DesiredState: 'remove' }),
    ]
    const none = { ...spec(3), TaskTemplate: { RestartPolicy: { Condition: 'none' } } }
    expect(slotsOf(tasks, none).map(({ number, task: { Status } }) => `${number} ${Status.State}`)).toEqual([
      '1 running',
      '2 rejected',
    ])
  })
})

describe('a place whose only task has ended', () => {
  const table: readonly (readonly [policy: object | undefined, state: string, counts: boolean])[] = [
    [undefined, 'failed', false],
    [{ Condition: 'any' }, 'failed', false],
    [{ Condition: 'any', MaxAttempts: 3 }, 'failed', true],
    [{ Condition: 'none' }, 'failed', true],
    [{ Condition: 'none' }, 'complete', true],
    [{ Condition: 'on-failure' }, 'failed', false],
    [{ Condition: 'on-failure' }, 'complete', true],
  ]
  for (const [RestartPolicy, state, counts] of table) {
    it(`${counts ? 'counts' : 'is history'} when it ${state} with ${JSON.stringify(RestartPolicy)}`, () => {
      const given = { ...spec(1), TaskTemplate: { RestartPolicy } }
      expect(slotsOf([task(1, state, { DesiredState: 'shutdown' })], given)).toHaveLength(counts ? 1 : 0)
    })
  }
})
