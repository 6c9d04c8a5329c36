import { FlotillaError } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { fromDocker } from '../src/errors.js'
import { attempt, errors, find, thrown } from './recorded-errors.js'

describe('what Docker says', () => {
  for (const recorded of errors.filter(({ expected }) => expected !== 'not-modified')) {
    it(`is told as ${recorded.expected}: ${recorded.situation}`, () => {
      const cause = thrown(recorded)
      const error = fromDocker(cause, attempt)
      expect(error.code).toBe(recorded.expected)
      expect(error.cause).toBe(cause)
      expect(error.message).toContain('launch web-1: start')
      // The client's own reason misleads: "no such container - No such image".
      expect(error.message).not.toMatch(/HTTP code|no such container - /)
    })
  }

  it('names the socket, and what to look at, when the daemon is away', () => {
    expect(fromDocker(find('no socket file'), attempt).message).toBe(
      'launch web-1: start: cannot reach Docker at unix:///var/run/docker.sock: connect ENOENT /tmp/fdk/nosuch.sock; is the daemon running?',
    )
  })

  it('names the group docker when the socket may not be used', () => {
    expect(fromDocker(find('user not in group docker'), attempt).message).toContain('in the group docker')
  })

  it('keeps the code that it was given for what it cannot tell', () => {
    const strange = Object.assign(new Error('(HTTP code 500) server error - layer does not exist '), {
      statusCode: 500,
    })
    expect(fromDocker(strange, attempt).code).toBe('launch-failed')
    expect(fromDocker(strange, { ...attempt, otherwise: undefined }).code).toBe('unknown')
    expect(fromDocker('a string', { ...attempt, otherwise: undefined }).message).toBe(
      'launch web-1: start: a string',
    )
  })

  it('translates once: an error of ours stays as it is', () => {
    const ours = new FlotillaError('timeout', 'too late')
    expect(fromDocker(ours, attempt)).toBe(ours)
  })

  it('hides the password of an address', () => {
    const cause = Object.assign(new Error('Get "https://ops:hunter2@registry.example/v2/": EOF'), {
      statusCode: 500,
    })
    expect(fromDocker(cause, attempt).message).not.toContain('hunter2')
  })
})

describe('a swarm’s manager', () => {
  it.each([
    [
      "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online.",
      500,
      'unavailable',
    ],
    [
      'The network bridge cannot be used with services. Only networks scoped to the swarm can be used, such as those created with the overlay driver.',
      403,
      'invalid-template',
    ],
  ])('that says %j', (message, statusCode, code) => {
    const answer = Object.assign(new Error(message), { statusCode, json: { message } })
    expect(fromDocker(answer, attempt)).toMatchObject({ code })
  })
})
