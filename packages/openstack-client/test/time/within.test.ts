import { expect, it } from 'vitest'
import { untilAborted } from '../../src/time/within.js'

const never = (): Promise<never> => new Promise(() => {})

it('waiting ends with the work, or with the signal, whichever comes first', async () => {
  const stop = new AbortController()
  expect(await untilAborted(Promise.resolve(1), stop.signal)).toBe(1)
  await expect(untilAborted(Promise.reject(new Error('broken')), stop.signal)).rejects.toThrow('broken')
  expect(await untilAborted(Promise.resolve(2), undefined)).toBe(2)
  const waiting = untilAborted(never(), stop.signal)
  stop.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
})

it('waiting does not begin with a signal that has aborted, and nobody misses what the work says', async () => {
  const signal = AbortSignal.abort(new Error('late'))
  await expect(untilAborted(never(), signal)).rejects.toThrow('late')
  await expect(untilAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('late')
})
