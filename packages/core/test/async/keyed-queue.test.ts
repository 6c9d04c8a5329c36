import { describe, expect, it } from 'vitest'
import { KeyedQueue } from '../../src/async/keyed-queue.js'

const forever = (): AbortSignal => new AbortController().signal

describe('work of one key', () => {
  it('follows in the order it came, and other keys do not wait', async () => {
    const queue = new KeyedQueue()
    const order: string[] = []
    let release: (() => void) | undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const first = queue.run('a', forever(), async () => {
      await gate
      order.push('first')
    })
    const second = queue.run('a', forever(), async () => void order.push('second'))
    await queue.run('b', forever(), async () => void order.push('other'))
    release?.()
    await Promise.all([first, second])
    expect(order).toEqual(['other', 'first', 'second'])
  })

  it('goes on after a failure, and after one that gave up waiting; that one is never done', async () => {
    const queue = new KeyedQueue()
    const order: string[] = []
    let release: (() => void) | undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const failing = queue.run('a', forever(), async () => {
      await gate
      throw new Error('first')
    })
    const controller = new AbortController()
    const impatient = queue.run('a', controller.signal, async () => void order.push('impatient'))
    const third = queue.run('a', forever(), async () => void order.push('third'))
    controller.abort(new Error('enough'))
    await expect(impatient).rejects.toThrow('enough')
    expect(order).toEqual([])
    release?.()
    await expect(failing).rejects.toThrow('first')
    await third
    expect(order).toEqual(['third'])
  })
})

describe('work of several keys', () => {
  it('never waits for each other, whatever the order of the keys', async () => {
    const queue = new KeyedQueue()
    const done: string[] = []
    await Promise.all([
      queue.run(['a', 'b'], forever(), async () => done.push('ab')),
      queue.run(['b', 'a'], forever(), async () => done.push('ba')),
      queue.run('a', forever(), async () => done.push('a')),
    ])
    expect(done).toEqual(['ab', 'ba', 'a'])
  })
})

it('tells whether a key is busy, and forgets keys that are not', async () => {
  const queue = new KeyedQueue()
  let open = (): void => {}
  const held = queue.run(['a', 'b'], forever(), async () => new Promise<void>((resolve) => (open = resolve)))
  expect([queue.isBusy('a'), queue.isBusy('b'), queue.isBusy('c')]).toEqual([true, true, false])
  open()
  await held
  await new Promise(setImmediate)
  expect([queue.isBusy('a'), queue.isBusy('b')]).toEqual([false, false])
})
