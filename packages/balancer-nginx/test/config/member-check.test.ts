import { FlotillaError } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { checkMembers } from '../../src/config/member-check.js'

const good = { id: 'a', host: '10.0.0.1', port: 80 }

describe('checkMembers', () => {
  it.each(
    ['localhost', 'app_1', 'a.b-c.internal', '10.0.0.1', '::1', 'fd00::1', '3com.example'].filter(
      (host) => host !== 'web-1.',
    ),
  )('takes host %j', (host) => {
    expect(checkMembers([{ ...good, host }])).toEqual([{ ...good, host, weight: 1 }])
  })

  it.each([
    '',
    ' ',
    '10.0.0.1:80',
    '[::1]',
    'fe80::1%eth0',
    'fe80::1%;}',
    'a;b',
    'a b',
    'a\nb',
    '-a',
    'a-',
    'a..b',
    'web-1.',
    'unix:/run/x',
    '$host',
    'ü.example',
    // Read as addresses, by some.
    '1.2.3',
    '999.0.0.1',
    '0x7f.1',
    '10.0x1',
    '12345',
    `${'a'.repeat(64)}.x`,
    'a.'.repeat(130),
  ])('refuses host %j', (host) => {
    expect(() => checkMembers([{ ...good, host }])).toThrow(FlotillaError)
  })

  it.each(['', 'a\nb', '\u0000', '\uD800', 'x'.repeat(1001)])('refuses id %j', (id) => {
    expect(() => checkMembers([{ ...good, id }])).toThrow(/members\.0\.id/)
  })

  it.each([
    ['0:0:0:0:0:0:0::', '::'],
    ['FD00::0001', 'fd00::1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ])('takes host %j as %j', (host, canonical) => {
    expect(checkMembers([{ ...good, host }])[0]?.host).toBe(canonical)
  })

  it('refuses the same id twice', () => {
    expect(() => checkMembers([good, { ...good, port: 81 }])).toThrow(/members\.1\.id must be given once/)
  })

  it('gives copies, sorted by id', () => {
    const given = [{ ...good, id: 'b' }, good]
    expect(checkMembers(given).map(({ id }) => id)).toEqual(['a', 'b'])
    expect(given.map(({ id }) => id)).toEqual(['b', 'a'])
  })
})
