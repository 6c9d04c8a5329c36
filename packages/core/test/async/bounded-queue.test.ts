import { describe, expect, it, vi } from 'vitest'
import { BoundedQueue } from '../../src/async/bounded-queue.js'

const read = async <T>(queue: BoundedQueue<T>): Promise<T[]> => {
  const items: T[] = []
  for await (const item of queue) items.push(item)
  return items
}

describe('BoundedQueue', () => {
  it('gives what was pushed in order, also what came before the reader', async () => {
    const queue = new BoundedQueue<number>()
    queue.push(1)
    const reading = read(queue)
    queue.push(2)
    await Promise.resolve()
    queue.push(3)
    queue.end()
    expect(await reading).toEqual([1, 2, 3])
  })

  it('forgets the oldest when more wait than may', async () => {
    const queue = new BoundedQueue<number>({ most: 3 })
    for (let item = 1; item <= 5; item += 1) queue.push(item)
    queue.end()
    expect(await read(queue)).toEqual([3, 4, 5])
  })

  it('ends at once when its signal aborts, without an error and without what still waits', async () => {
    const abort = new AbortController()
    const queue = new BoundedQueue<number>({ signal: abort.signal })
    queue.push(1)
    const reading = read(queue)
    await vi.waitFor(() => expect(queue).toBeDefined())
    abort.abort()
    queue.push(2)
    expect(await reading).toEqual([1])
    expect(await read(new BoundedQueue<number>({ signal: abort.signal }))).toEqual([])
  })

  it('throws a failure once, when all that waited was read', async () => {
    const queue = new BoundedQueue<number>()
    queue.push(1)
    queue.fail(new Error('the daemon went away'))
    queue.push(2)
    expect(await queue.next()).toEqual({ done: false, value: 1 })
    await expect(queue.next()).rejects.toThrow('the daemon went away')
    expect(await queue.next()).toEqual({ done: true, value: undefined })
  })

  it('says once that it has ended, whoever ended it', async () => {
    const onEnd = vi.fn<() => void>()
    const queue = new BoundedQueue<number>({ onEnd })
    queue.push(1)
    for await (const _ of queue) break
    queue.end()
    queue.fail(new Error('late'))
    expect(onEnd).toHaveBeenCalledTimes(1)
    expect(await queue.next()).toEqual({ done: true, value: undefined })
  })

  it('leaves no listener on its signal', async () => {
    const abort = new AbortController()
    const remove = vi.spyOn(abort.signal, 'removeEventListener')
    new BoundedQueue({ signal: abort.signal }).end()
    expect(remove).toHaveBeenCalledTimes(1)
  })
})
