import { readFileSync } from 'node:fs'
import { FlotillaError } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import {
  fromDocker,
  isBeingRemoved,
  isNameTaken,
  isNoSuchImage,
  isNotFound,
  isNotModified,
  isWithoutAnswer,
} from '../src/errors.js'

interface Recorded {
  readonly situation: string
  readonly expected: string
  readonly message: string
  readonly [field: string]: unknown
}

const file = new URL('fixtures/errors.json', import.meta.url)
const { errors } = JSON.parse(readFileSync(file, 'utf8')) as { errors: readonly Recorded[] }

/** What dockerode threw: an error with its fields. */
function thrown({ message, ...fields }: Recorded): Error {
  return Object.assign(new Error(message), fields)
}

const attempt = {
  what: 'launch web-1: start',
  target: 'unix:///var/run/docker.sock',
  otherwise: 'launch-failed',
} as const

const find = (situation: string): Error => {
  const found = errors.find((recorded) => recorded.situation === situation)
  if (found === undefined) throw new Error(`no such fixture: ${situation}`)
  return thrown(found)
}

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

describe('an answer', () => {
  const cases: readonly (readonly [string, (error: unknown) => boolean, readonly string[]])[] = [
    [
      'that there is none',
      isNotFound,
      [
        'no such container',
        'remove no such container',
        'no such service',
        'no such image at create',
        'no such network at start',
        'pull of an unknown tag',
        'pull of an unknown repository',
      ],
    ],
    ['that the image is missing', isNoSuchImage, ['no such image at create']],
    ['that the name is taken', isNameTaken, ['name conflict', 'service name taken']],
    ['that it is being removed', isBeingRemoved, ['second remove at once']],
    ['that it is so already', isNotModified, ['start of a running container', 'stop of a stopped container']],
  ]
  for (const [name, is, expected] of cases) {
    it(`${name} is known from all others`, () => {
      const known = errors.filter((recorded) => is(fromDocker(thrown(recorded), attempt)))
      expect(known.map(({ situation }) => situation).toSorted()).toEqual(expected.toSorted())
    })
  }

  it('that did not come is known from one that did', () => {
    expect(isWithoutAnswer(fromDocker(find('daemon killed in mid-call'), attempt))).toBe(true)
    expect(isWithoutAnswer(new FlotillaError('timeout', 'no answer'))).toBe(true)
    expect(isWithoutAnswer(fromDocker(find('name conflict'), attempt))).toBe(false)
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
