import { describe, expect, it } from 'vitest'
import { belongingMark, ownTags, readLabel, readMark, writeLabel, type Label } from '../src/labels.js'

describe('marks', () => {
  const label: Label = {
    group: 'web',
    token: 'a1',
    templateHash: 'h',
    scope: 'blue',
    zone: 'az1',
    owns: ['port', 'floating-ip'],
    role: 'spare',
    madeAs: 'spare-1',
  }

  it.each([label, { ...label, scope: undefined, zone: undefined, owns: [], role: undefined, madeAs: 'a1' }])(
    'are read from the metadata as they were written: %j',
    (one) => {
      expect(readLabel(writeLabel(one))).toEqual(one)
    },
  )

  it('of nobody are none', () => {
    expect(readLabel({ 'flotilla.group': 'web' })).toBeUndefined()
  })

  it.each([
    [{ scope: undefined, group: 'web', token: 'a' }, 'flotilla.web.a'],
    [{ scope: 'blue', group: 'web', token: 'a' }, 'flotilla.blue.web.a'],
  ])('of %j are %s, and back', (owner, text) => {
    expect(belongingMark(owner)).toBe(text)
    expect(readMark(text)).toEqual(owner)
  })

  it.each([
    undefined,
    '',
    'web',
    'flotilla',
    'flotilla.web',
    'flotilla..a',
    'other.web.a',
    'flotilla.a.b.c.d',
  ])('are not read from %s', (text) => expect(readMark(text)).toBeUndefined())

  it('as tags are never longer than Nova takes, and of their token alone', () => {
    const tags = ['a', 'b'].map((last) => ownTags('x'.repeat(62) + last)[1] ?? '')
    expect(tags.every((tag) => tag.length <= 60)).toBe(true)
    expect(new Set(tags).size).toBe(2)
  })
})
