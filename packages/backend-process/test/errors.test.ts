import { FlotillaError } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { fromSpawn, fromSystem } from '../src/errors.js'

const system = (code: string): Error => Object.assign(new Error(`it answered ${code}`), { code })
const attempt = { instance: 'web.t', executable: 'node', cwd: '/srv', hasCwd: true }

describe('what the system answers to a start', () => {
  it.each([
    ['ENOENT', 'node', 'invalid-template', 'not in PATH'],
    ['ENOENT', './node', 'invalid-template', 'does not exist'],
    ['ENOENT', 'node worker.js', 'invalid-template', "give arguments apart: command: ['node', …]"],
    ['ENOENT', '/usr/bin/node worker.js', 'invalid-template', "command: ['/usr/bin/node', …]"],
    ['EACCES', './node', 'invalid-template', 'not executable'],
    ['EACCES', 'node', 'invalid-template', 'PATH'],
    ['ENOEXEC', 'node', 'invalid-template', '#! line'],
    ['E2BIG', 'node', 'invalid-template', 'longer'],
    ['ENOTDIR', 'a/b', 'invalid-template', 'it answered ENOTDIR'],
    ['EAGAIN', 'node', 'no-capacity', 'no room'],
    ['ENOMEM', 'node', 'no-capacity', 'no room'],
    ['EIO', 'node', 'launch-failed', 'it answered EIO'],
  ])('%s for %s is %s', (code, executable, ours, words) => {
    const cause = system(code)
    const error = fromSpawn(cause, { ...attempt, executable })
    expect(error).toMatchObject({ code: ours, cause })
    expect(error.message).toContain(`launch web.t: start "${executable}" in /srv: `)
    expect(error.message).toContain(words)
  })

  it('is the working directory’s fault when that is missing, whatever it says', () => {
    const error = fromSpawn(system('ENOENT'), { ...attempt, hasCwd: false })
    expect(error.message).toContain('working directory')
    expect(error.retryable).toBe(false)
  })
})

describe('what the system answers to anything else', () => {
  it.each([
    ['EACCES', 'permission-denied'],
    ['EROFS', 'permission-denied'],
    ['ENOSPC', 'no-capacity'],
    ['EDQUOT', 'quota-exceeded'],
    ['EMFILE', 'no-capacity'],
    ['EIO', 'unavailable'],
  ])('%s is %s', (code, ours) => {
    const cause = system(code)
    expect(fromSystem(cause, 'list group web')).toMatchObject({
      code: ours,
      cause,
      message: expect.stringContaining(`list group web: it answered ${code}`),
    })
  })

  it('is left alone when it is ours already', () => {
    const error = new FlotillaError('closed', 'x')
    expect(fromSystem(error, 'list')).toBe(error)
  })

  it('is unknown when it is no error of the system', () => {
    expect(fromSystem('no error at all', 'list')).toMatchObject({ code: 'unknown', cause: 'no error at all' })
  })
})
