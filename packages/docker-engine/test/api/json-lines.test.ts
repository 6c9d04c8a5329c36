import { settleSoonAfter, KeyedQueue, templateHash } from '@flotilla/core/authoring'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { jsonLines } from '../../src/api/json-lines.js'
import { readPullLine } from '../../src/api/pull-line.js'

const forever = (): AbortSignal => new AbortController().signal

describe('lines of JSON', () => {
  const read = async (...chunks: (Buffer | string)[]): Promise<unknown[]> => {
    const values: unknown[] = []
    const source = (async function* () {
      yield* chunks
    })()
    for await (const value of jsonLines(source)) values.push(value)
    return values
  }

  it('are read however they are cut', async () => {
    expect(await read('{"a":', '1}\n{"b"', ':2}\n\n', '{"c":3}')).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }])
    const bytes = Buffer.from('{"é":1}\n')
    expect(await read(bytes.subarray(0, 3), bytes.subarray(3))).toEqual([{ é: 1 }])
  })

  it('leave out what was cut off for good', async () => {
    expect(await read('{"a":1}\n{"b":')).toEqual([{ a: 1 }])
  })
})

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

describe('settling soon after an abort', () => {
  it('gives what the work gives while nobody aborts', async () => {
    const clock = new FakeClock()
    expect(await settleSoonAfter(Promise.resolve(7), forever(), { clock, ms: 10 })).toBe(7)
    await expect(
      settleSoonAfter(Promise.reject(new Error('no')), forever(), { clock, ms: 10 }),
    ).rejects.toThrow('no')
    expect(clock.pendingCount).toBe(0)
  })

  it('gives work its time, then answers with the reason, and leaves no timer', async () => {
    const clock = new FakeClock()
    const controller = new AbortController()
    const never = new Promise<never>(() => {})
    const settled = settleSoonAfter(never, controller.signal, { clock, ms: 10 }).catch(
      (error: unknown) => error,
    )
    await clock.advance(1000)
    controller.abort(new Error('enough'))
    await clock.advance(9)
    expect(clock.pendingCount).toBe(1)
    await clock.advance(1)
    expect(await settled).toMatchObject({ message: 'enough' })
    expect(clock.pendingCount).toBe(0)
  })

  it('answers with the reason when the work fails on the way out', async () => {
    const clock = new FakeClock()
    const controller = new AbortController()
    let fail: ((error: Error) => void) | undefined
    const work = new Promise<never>((_, reject) => {
      fail = reject
    })
    const settled = settleSoonAfter(work, controller.signal, { clock, ms: 10 }).catch(
      (error: unknown) => error,
    )
    controller.abort(new Error('enough'))
    fail?.(new Error('cleaned up'))
    expect(await settled).toMatchObject({ message: 'enough' })
  })
})

describe('a line about a pull', () => {
  it('that says nothing is nothing', () => {
    expect([null, 1, {}, { progressDetail: {} }].map(readPullLine)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('a template hash', () => {
  it('tells lists apart by their order, and objects not', () => {
    expect(templateHash({ a: [1, 2] })).not.toBe(templateHash({ a: [2, 1] }))
    expect(templateHash({ a: { x: 1, y: { p: 1, q: 2 } } })).toBe(
      templateHash({ a: { y: { q: 2, p: 1 }, x: 1 } }),
    )
  })
})
