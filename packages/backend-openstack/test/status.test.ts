import { describe, expect, it } from 'vitest'
import { statusOf } from '../src/status.js'

describe('a server of Nova', () => {
  const server = {
    status: 'ACTIVE',
    taskState: undefined,
    isDeleting: false,
    fault: undefined,
  }
  const fault = { code: 500, message: 'No valid host was found.', details: undefined, createdAt: 0 }

  it.each([
    [{ status: 'BUILD', taskState: 'spawning' }, 'pending', 'spawning'],
    [{ status: 'ACTIVE' }, 'running', undefined],
    [{ status: 'ACTIVE', taskState: 'deleting', isDeleting: true }, 'stopping', 'Nova is deleting it'],
    [{ status: 'REBOOT' }, 'running', 'it is being rebooted'],
    [{ status: 'VERIFY_RESIZE' }, 'running', 'Nova calls it VERIFY_RESIZE'],
    [{ status: 'PAUSED' }, 'paused', 'Nova calls it PAUSED'],
    [{ status: 'SHUTOFF' }, 'stopped', 'powered off'],
    [{ status: 'SHUTOFF', taskState: 'powering-on' }, 'pending', 'powering-on'],
    [{ status: 'SHELVED_OFFLOADED' }, 'stopped', 'shelved'],
    [{ status: 'SHELVED_OFFLOADED', taskState: 'spawning' }, 'pending', 'spawning'],
    [{ status: 'ERROR', fault }, 'failed', 'No valid host was found.'],
    [{ status: 'ERROR' }, 'failed', 'Nova shows no fault'],
    [{ status: 'RESCUE' }, 'running', 'it is in rescue mode'],
    [{ status: 'FLYING' }, 'unknown', 'Nova calls it FLYING'],
  ])('%j is %s', (facts, status, statusReason) => {
    const found = statusOf({ ...server, ...facts }, { buildMs: 1000, buildTimeoutMs: 1000 })
    expect([found.status, found.statusReason]).toEqual([status, statusReason])
  })
})

describe('a server that is longer in BUILD than it may', () => {
  it('has failed', () => {
    const server = { status: 'BUILD', taskState: 'spawning', isDeleting: false, fault: undefined }
    expect(statusOf(server, { buildMs: 1001, buildTimeoutMs: 1000 })).toEqual({
      status: 'failed',
      statusReason: 'still in BUILD after 1 s',
    })
  })
})
