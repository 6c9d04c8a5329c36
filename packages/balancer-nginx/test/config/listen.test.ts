import { describe, expect, it } from 'vitest'
import { listenKey, parseListen } from '../../src/config/listen.js'

describe('parseListen', () => {
  it.each([
    [80, '80', []],
    ['8080', '8080', []],
    ['127.0.0.1:80', '127.0.0.1:80', []],
    ['*:80 default_server', '*:80', ['default_server']],
    ['[::1]:443 ssl http2', '[::1]:443', ['ssl', 'http2']],
    ['[0:0:0:0:0:0:0::]:80', '[::]:80', []],
    ['unix:/run/web.sock', 'unix:/run/web.sock', []],
  ])('takes %j', (given, address, flags) => {
    expect(parseListen(given)).toEqual({ address, flags })
  })

  it.each([
    0,
    -1,
    65_536,
    80.5,
    Number.NaN,
    '',
    ' ',
    '080',
    '80;',
    '80 ',
    '80  ssl',
    '80\tssl',
    '80 reuseport',
    '80 ssl ssl',
    '80 backlog=1',
    'localhost:80',
    '1.2.3:80',
    '::1:80',
    '[::1]',
    '[fe80::1%eth0]:80',
    '[127.0.0.1]:80',
    'unix:',
    'unix:run/x',
    'unix:/run/',
    'unix:/a b',
    'unix:/run/x deferred',
    `unix:/${'a'.repeat(107)}`,
    'unix:/a;}',
  ])('refuses %j', (given) => {
    expect(parseListen(given)).toBeUndefined()
  })
})

it.each([
  ['80', '*:80'],
  ['80', '0.0.0.0:80 default_server'],
  ['[::1]:80', '[0:0:0:0:0:0:0:1]:80'],
  ['[::]:80', '[0::0]:80'],
])('%j and %j are one address', (one, other) => {
  const key = (given: string): string => listenKey(parseListen(given) ?? { address: '1', flags: [] })
  expect(key(one)).toBe(key(other))
})
