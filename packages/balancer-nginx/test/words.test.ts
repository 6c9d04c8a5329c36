import { describe, expect, it } from 'vitest'
import { ConfigRefused, codeOfText, systemFailure } from '../src/errors.js'
import { graveWords, lastWords, nginxWords } from '../src/words.js'

const file = '/etc/nginx/conf.d/up.conf'

/** What nginx 1.22.1 printed for files with each of these faults. */
const refusals = [
  [`no servers are inside upstream in ${file}:3`, 'invalid-options'],
  [`unexpected end of file, expecting ";" or "}" in ${file}:1`, 'invalid-options'],
  [`host not found in upstream "nosuch.host.invalid:80" in ${file}:1`, 'unavailable'],
  [`invalid port in upstream "127.0.0.1:99999" in ${file}:1`, 'invalid-options'],
  [`invalid parameter "resolve" in ${file}:1`, 'invalid-options'],
  [`open() "${file}" failed (2: No such file or directory) in /etc/nginx/nginx.conf:3`, 'unavailable'],
  ['unknown directive "foo" in /etc/nginx/conf.d/theirs.conf:1', 'unavailable'],
  ['open() "/run/nginx.pid" failed (13: Permission denied)', 'permission-denied'],
  ['bind() to 0.0.0.0:80 failed (13: Permission denied)', 'permission-denied'],
] as const

describe('what nginx says', () => {
  it.each(refusals)('%s', (words, code) => {
    const output = `nginx: [emerg] ${words}\nnginx: configuration file /etc/nginx/nginx.conf test failed\n`
    const error = new ConfigRefused('configure nginx', output, file)
    expect(error.message).toBe(`configure nginx: [emerg] ${words}`)
    expect(error.code).toBe(code)
  })

  it('is found in a log, without its time and process', () => {
    const log = `2026/11/21 21:48:29 [notice] 29101#29101: signal 1 (SIGHUP) received
2026/11/21 21:48:29 [emerg] 29101#29101: bind() to 127.0.0.1:80 failed (98: Address already in use)
2026/11/21 21:48:29 [emerg] 29101#29101: bind() to 127.0.0.1:80 failed (98: Address already in use)
2026/11/21 21:48:31 [emerg] 29101#29101: still could not bind()
2026/11/21 21:48:31 [error] 29102#29102: *7 connect() failed (111: Connection refused)`
    expect(nginxWords(log)).toBe(
      '[emerg] bind() to 127.0.0.1:80 failed (98: Address already in use); still could not bind()',
    )
  })

  it('is the gravest of what it said', () => {
    expect(nginxWords('nginx: [warn] a\nnginx: [alert] b\nnginx: [error] c')).toBe('[alert] b')
  })

  it('is nothing when it only warned', () => {
    expect(nginxWords('nginx: [warn] conflicting server name "_" on 0.0.0.0:80, ignored')).toBeUndefined()
  })

  it('is not an error of a single request', () => {
    expect(graveWords('2026/11/21 21:48:31 [error] 7#7: *7 connect() failed')).toBeUndefined()
    expect(graveWords('2026/11/21 21:48:31 [emerg] 7#7: no')).toBe('[emerg] no')
  })

  it('is the last lines when it has no form of its own', () => {
    expect(lastWords('a\n\nb\nc\nd\n')).toBe('b; c; d')
    const error = new ConfigRefused('configure nginx', 'sh: out of cheese\n', file)
    expect(error).toMatchObject({ code: 'unavailable' })
    expect(error.message).toContain('out of cheese')
  })

  it('is never longer than a message should be', () => {
    expect(nginxWords(`nginx: [emerg] ${'x'.repeat(5000)}`)).toHaveLength(1000)
  })
})

describe('system errors', () => {
  it.each([
    ['EACCES', 'permission-denied'],
    ['EPERM', 'permission-denied'],
    ['EROFS', 'permission-denied'],
    ['ENOSPC', 'unavailable'],
    ['EBUSY', 'unavailable'],
    ['ENOENT', 'unavailable'],
  ])('%s is %s', (code, expected) => {
    const cause = Object.assign(new Error(`${code}: it failed`), { code })
    expect(systemFailure('write /x', cause)).toMatchObject({ code: expected, cause })
  })

  it('say what to do where that is known', () => {
    const failure = (code: string): string =>
      systemFailure('write /x', Object.assign(new Error(code), { code })).message
    expect(failure('ENOSPC')).toContain('the disk is full')
    expect(failure('EBUSY')).toContain('mount its directory')
  })

  it.each([
    ['tee: /x: Permission denied', 'permission-denied'],
    ["mv: can't rename: Read-only file system", 'permission-denied'],
    ['no space left on device', 'unavailable'],
  ])('%s', (text, code) => {
    expect(codeOfText(text)).toBe(code)
  })
})
