import { describe, expect, it } from 'vitest'
import { untilAborted } from '../../src/async/until-aborted.js'

const never = (): Promise<never> => new Promise(() => {})

describe('untilAborted', () => {
  it('gives what the work gives, and throws what it throws', async () => {
    const { signal } = new AbortController()
    expect(await untilAborted(() => 1, signal)).toBe(1)
    const error = new Error('work')
    await expect(untilAborted(() => Promise.reject(error), signal)).rejects.toBe(error)
    const failing = (): never => {
      throw error
    }
    await expect(untilAborted(failing, signal)).rejects.toBe(error)
  })

  it('ends with the reason of the signal when the work pays no heed to it', async () => {
    const abort = new AbortController()
    const working = untilAborted(never, abort.signal)
    abort.abort('enough')
    await expect(working).rejects.toBe('enough')
  })

  it('ends with the reason of the signal when the work fails because of it', async () => {
    const abort = new AbortController()
    // Its listener is older than ours, and is called first.
    const work = new Promise((_, reject) =>
      abort.signal.addEventListener('abort', () => reject(new Error('work'))),
    )
    const working = untilAborted(() => work, abort.signal)
    abort.abort('enough')
    await expect(working).rejects.toBe('enough')
  })

  it('does not begin when the signal has aborted', async () => {
    let begun = false
    const begin = (): void => {
      begun = true
    }
    await expect(untilAborted(begin, AbortSignal.abort('enough'))).rejects.toBe('enough')
    expect(begun).toBe(false)
  })
})
