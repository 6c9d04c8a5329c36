import { describe, expect, it } from 'vitest'
import { FlotillaError } from '../../src/errors.js'
import { errnoOf, systemFailure, unlessMissing } from '../../src/system/system-failure.js'

const systemError = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code })

describe('systemFailure', () => {
  it.each([
    ['EACCES', 'permission-denied'],
    ['EROFS', 'permission-denied'],
    ['ENOSPC', 'unavailable'],
    ['EMFILE', 'unavailable'],
  ])('says of %s that it is %s', (errno, code) => {
    const cause = systemError(errno)
    const error = systemFailure('save /a', cause)
    expect(error).toMatchObject({ code, cause })
    expect(error.message).toMatch(`save /a: ${errno}: it failed`)
  })

  it('says that the disk is full, and what its caller knows better', () => {
    expect(systemFailure('save /a', systemError('ENOSPC')).message).toMatch(/\(the disk is full\)$/)
    const better = { codes: { EMFILE: 'no-capacity' }, hints: { EBUSY: ' (mount its directory)' } } as const
    expect(systemFailure('run', systemError('EMFILE'), better).code).toBe('no-capacity')
    expect(systemFailure('run', systemError('EBUSY'), better).message).toMatch(/mount its directory\)$/)
  })

  it('leaves ours as they are, and says unknown of what is no error of the system', () => {
    const ours = new FlotillaError('conflict', 'taken')
    expect(systemFailure('save', ours)).toBe(ours)
    expect(systemFailure('save', new Error('odd')).code).toBe('unknown')
    expect(errnoOf('ENOENT')).toBeUndefined()
  })
})

describe('unlessMissing', () => {
  it('gives undefined for what is not there, and rejects with all else', async () => {
    expect(await unlessMissing(Promise.resolve('text'))).toBe('text')
    expect(await unlessMissing(Promise.reject(systemError('ENOENT')))).toBeUndefined()
    expect(await unlessMissing(Promise.reject(systemError('ENOTDIR')))).toBeUndefined()
    await expect(unlessMissing(Promise.reject(systemError('EACCES')))).rejects.toMatchObject({
      code: 'EACCES',
    })
  })
})
