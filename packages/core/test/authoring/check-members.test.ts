import { describe, expect, it } from 'vitest'
import { checkMembers } from '../../src/authoring/check-members.js'
import { isHostName } from '../../src/authoring/host-name.js'

const member = { id: 'a', host: '10.0.0.1', port: 80 }

describe('checkMembers', () => {
  it('gives copies in the order given, with a weight of 1 where there is none', () => {
    const members = [member, { id: 'b', host: 'web-1.internal', port: 8080, weight: 2.5 }]
    expect(checkMembers(members)).toEqual([{ ...member, weight: 1 }, members[1]])
    expect(checkMembers(members)[1]).not.toBe(members[1])
    expect(checkMembers([])).toEqual([])
  })

  it.each([
    [{ ...member, id: '' }, 'members.0.id'],
    [{ ...member, host: 'http://web' }, 'members.0.host'],
    [{ ...member, host: '[::1]' }, 'members.0.host'],
    [{ ...member, host: 'fe80::1%eth0' }, 'members.0.host'],
    [{ ...member, host: 'web:80' }, 'members.0.host'],
    [{ ...member, port: 0 }, 'members.0.port'],
    [{ ...member, port: 65_536 }, 'members.0.port'],
    [{ ...member, weight: 0 }, 'members.0.weight'],
    [{ ...member, weight: Infinity }, 'members.0.weight'],
    ['10.0.0.1:80', 'members.0'],
  ])('refuses %j, naming the field', (given, field) => {
    expect(() => checkMembers([given as never])).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        message: expect.stringContaining(`sync: ${field} `),
      }),
    )
  })

  it('refuses the same id twice, and the same place where that is asked', () => {
    const twice = [member, { ...member, id: 'b' }]
    expect(checkMembers(twice)).toHaveLength(2)
    expect(() => checkMembers([member, member])).toThrow(/members\.1\.id must be given once/)
    expect(() => checkMembers(twice, { distinctPlaces: true })).toThrow(/members\.1\.port/)
  })
})

describe('isHostName', () => {
  it.each(['web', 'web-1.internal', 'a_b.example', 'example.com.', '1password.com', 'a'.repeat(63)])(
    'takes %s',
    (host) => {
      expect(isHostName(host)).toBe(true)
    },
  )

  it.each([
    '',
    '-a',
    'a-',
    'a..b',
    '.a',
    'a b',
    'a/b',
    '10.1',
    '127.1.',
    '0x7f',
    'web.0x1',
    '1',
    'a'.repeat(64),
  ])('refuses %j, which is none or would be read as an address', (host) => {
    expect(isHostName(host)).toBe(false)
  })
})
