import { describe, expect, it } from 'vitest'
import { lastOutputOf } from '../../src/api/log.js'
import { frame } from '../fakes/fake-engine.js'

const textOf = async (bytes: Buffer): Promise<string | undefined> => lastOutputOf(async () => bytes, [])

describe('the last lines of a log', () => {
  it('are read to where it was cut off, also within a frame', async () => {
    const whole = Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n')])
    expect(await textOf(whole)).toBe('one\ntwo')
    expect(await textOf(whole.subarray(0, -2))).toBe('one\ntw')
    expect(await textOf(whole.subarray(0, 15))).toBe('one')
    expect(await textOf(Buffer.alloc(0))).toBeUndefined()
    expect(await textOf(Buffer.from('short'))).toBe('short')
  })

  it('hide the values that must not be shown', async () => {
    expect(await lastOutputOf(async () => frame(1, 'token hunter2\n'), ['hunter2'])).toBe('token (hidden)')
  })
})
