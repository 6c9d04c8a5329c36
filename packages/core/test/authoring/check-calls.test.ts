import { describe, expect, it } from 'vitest'
import { checkGroup, checkLaunch } from '../../src/authoring/check-calls.js'

describe('checkGroup', () => {
  it('names the call, the field and the value', () => {
    expect(() => checkGroup('list', 'web')).not.toThrow()
    expect(() => checkGroup('list', 'Web/1')).toThrow(/list: group must be .*, got 'Web\/1'/)
    expect(() => checkGroup('list', undefined as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    )
  })
})

describe('checkLaunch', () => {
  it('gives the group and the token, and refuses either', () => {
    expect(checkLaunch({ group: 'web', token: '1', more: true } as never)).toEqual({
      group: 'web',
      token: '1',
    })
    expect(() => checkLaunch({ group: 'web', token: 'a b' })).toThrow(/launch: token/)
    expect(() => checkLaunch({ group: '', token: '1' })).toThrow(/launch: group/)
  })
})
