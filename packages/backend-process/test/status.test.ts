import { describe, expect, it } from 'vitest'
import type { LaunchRecord } from '../src/book/record.js'
import { describeExit, statusOf } from '../src/status.js'
import { deadClaim } from './support/playground.js'
import { row } from './support/rows.js'

const record: LaunchRecord = { claim: deadClaim, createdAt: 1, templateHash: 'abc', host: '::1' }

describe('the status of an instance', () => {
  it.each([
    ['running', row(7), { status: 'running' }],
    [
      'paused',
      row(7, { state: 'frozen' }),
      { status: 'paused', statusReason: 'stopped by a signal such as SIGSTOP' },
    ],
    ['stopped', undefined, { status: 'stopped', statusReason: 'exited' }],
  ] as const)('is %s', (_what, process, expected) => {
    expect(statusOf(record, process)).toEqual(expected)
  })

  it('says how the process ended, where this controller saw it', () => {
    const exit = { code: 3, signal: null }
    expect(statusOf({ ...record, exit }, undefined).statusReason).toBe('exited with code 3')
  })
})

describe('an exit in words', () => {
  it.each([
    [{ code: 0, signal: null }, 'exited with code 0'],
    [{ code: 3, signal: null }, 'exited with code 3'],
    [{ code: null, signal: 'SIGKILL' }, 'killed by SIGKILL'],
  ])('of %j is %s', (exit, words) => {
    expect(describeExit(exit)).toBe(words)
  })
})
