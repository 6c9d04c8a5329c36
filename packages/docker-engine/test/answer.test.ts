import { FlotillaError } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import {
  isBeingRemoved,
  isNameTaken,
  isNoSuchImage,
  isNotFound,
  isNotModified,
  isWithoutAnswer,
} from '../src/answer.js'
import { fromDocker } from '../src/errors.js'
import { attempt, errors, find, thrown } from './recorded-errors.js'

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
