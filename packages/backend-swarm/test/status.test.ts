import { describe, expect, it } from 'vitest'
import { slotsOf } from '../src/service/slots.js'
import { isEnding, slotStatus } from '../src/status.js'
import { spec, task } from './service/sample-tasks.js'

describe('the status of a task', () => {
  const table: readonly (readonly [
    state: string,
    error: string | undefined,
    status: string,
    reason: string | undefined,
  ])[] = [
    ['new', undefined, 'pending', undefined],
    [
      'pending',
      'no suitable node (insufficient resources on 2 nodes)',
      'pending',
      'no suitable node (insufficient resources on 2 nodes)',
    ],
    ['preparing', undefined, 'pending', undefined],
    ['starting', undefined, 'pending', undefined],
    ['running', undefined, 'running', undefined],
    ['complete', undefined, 'stopped', 'exited with code 0'],
    ['failed', 'task: non-zero exit (137)', 'stopped', 'task: non-zero exit (137)'],
    ['shutdown', undefined, 'stopped', 'exited with code 0'],
    ['rejected', 'No such image: nosuch:1', 'failed', 'rejected: No such image: nosuch:1'],
    ['orphaned', undefined, 'failed', 'orphaned'],
    ['dreaming', undefined, 'unknown', 'Swarm calls it dreaming'],
  ]
  for (const [State, Err, status, statusReason] of table) {
    it(`${State} is ${status}`, () => {
      const found = slotStatus({
        task: task(1, State, { Status: { State, Err, ContainerStatus: { ExitCode: 0 } } }),
      })
      expect(found).toEqual({ status, statusReason })
    })
  }

  it('that follows one that failed says why that did', () => {
    const tasks = [
      task(1, 'rejected', {
        DesiredState: 'shutdown',
        Status: { State: 'rejected', Err: 'No such image: x:1' },
      }),
      task(1, 'ready', { DesiredState: 'ready', CreatedAt: '2026-11-21T22:00:09Z' }),
    ]
    const [slot] = slotsOf(tasks, spec(1))
    expect(slot === undefined ? undefined : slotStatus(slot)).toEqual({
      status: 'pending',
      statusReason: 'after No such image: x:1',
    })
  })

  it('running and told to end is stopping, until it has ended', () => {
    const leaving = task(1, 'running', { DesiredState: 'shutdown' })
    expect(slotStatus({ task: leaving }).status).toBe('stopping')
    expect(isEnding(leaving)).toBe(true)
    expect(isEnding(task(1, 'shutdown', { DesiredState: 'shutdown' }))).toBe(false)
    expect(isEnding(task(1))).toBe(false)
  })
})
