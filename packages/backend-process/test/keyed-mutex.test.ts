import { describe, expect, it } from 'vitest'
import { KeyedMutex } from '../src/keyed-mutex.js'
import { never } from './support/playground.js'

function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  const controller = new AbortController()
  const opened = new Promise<void>((resolve) => controller.signal.addEventListener('abort', () => resolve()))
  return { open: () => controller.abort(), opened }
}

describe('KeyedMutex', () => {
  it('runs work of one key one after the other, in the order asked', async () => {
    const mutex = new KeyedMutex()
    const order: string[] = []
    const work = (name: string) => async () => {
      order.push(`${name} begins`)
      await new Promise(setImmediate)
      order.push(`${name} ends`)
    }
    await Promise.all([mutex.run(['k'], never, work('a')), mutex.run(['k'], never, work('b'))])
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  })

  it('runs work of other keys meanwhile', async () => {
    const mutex = new KeyedMutex()
    const { open, opened } = gate()
    const held = mutex.run(['a'], never, async () => opened)
    expect(await mutex.run(['b'], never, async () => 'done')).toBe('done')
    open()
    await held
  })

  it('never has two runs wait for each other, whatever the order of their keys', async () => {
    const mutex = new KeyedMutex()
    const done: string[] = []
    await Promise.all([
      mutex.run(['a', 'b'], never, async () => done.push('ab')),
      mutex.run(['b', 'a'], never, async () => done.push('ba')),
      mutex.run(['a'], never, async () => done.push('a')),
    ])
    expect(done).toEqual(['ab', 'ba', 'a'])
  })

  it('goes on after work that failed', async () => {
    const mutex = new KeyedMutex()
    await expect(mutex.run(['k'], never, async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await mutex.run(['k'], never, async () => 'yes')).toBe('yes')
  })

  it('lets who waits give up, and the next in line still waits for who runs', async () => {
    const mutex = new KeyedMutex()
    const { open, opened } = gate()
    const order: string[] = []
    const first = mutex.run(['k'], never, async () => {
      await opened
      order.push('first')
    })
    const reason = new Error('enough')
    const controller = new AbortController()
    const second = mutex.run(['k'], controller.signal, async () => order.push('second'))
    const third = mutex.run(['k'], never, async () => order.push('third'))
    controller.abort(reason)
    await expect(second).rejects.toBe(reason)
    open()
    await Promise.all([first, third])
    expect(order).toEqual(['first', 'third'])
  })

  it('tells whether a key is busy, and forgets keys that are not', async () => {
    const mutex = new KeyedMutex()
    const { open, opened } = gate()
    const held = mutex.run(['k'], never, async () => opened)
    expect(mutex.isBusy('k')).toBe(true)
    open()
    await held
    await new Promise(setImmediate)
    expect(mutex.isBusy('k')).toBe(false)
  })
})
