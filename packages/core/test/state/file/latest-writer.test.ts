import { describe, expect, it } from 'vitest'
import { LatestWriter } from '../../../src/state/file/latest-writer.js'

interface Writing {
  readonly text: string
  finish(): void
  fail(error: Error): void
}

/** A writer whose writes end when the test says so. */
function heldWriter(): { readonly writer: LatestWriter; readonly writings: Writing[] } {
  const writings: Writing[] = []
  const writer = new LatestWriter(
    (text) => new Promise((finish, fail) => writings.push({ text, finish, fail })),
  )
  return { writer, writings }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('LatestWriter', () => {
  it('writes one at a time, and of those that wait only the newest', async () => {
    const { writer, writings } = heldWriter()
    const done: string[] = []
    const all = ['a', 'b', 'c', 'd'].map((text) => writer.write(text).then(() => done.push(text)))
    await turn()
    expect(writings.map(({ text }) => text)).toEqual(['a'])
    writings[0]?.finish()
    await turn()
    expect(done).toEqual(['a'])
    expect(writings.map(({ text }) => text)).toEqual(['a', 'd'])
    writings[1]?.finish()
    await Promise.all(all)
    expect(done.toSorted()).toEqual(['a', 'b', 'c', 'd'])
    expect(writings).toHaveLength(2)
  })

  it('takes more while the one that waited is being written', async () => {
    const { writer, writings } = heldWriter()
    const all = [writer.write('a'), writer.write('b')]
    await turn()
    writings[0]?.finish()
    await turn()
    all.push(writer.write('c'), writer.write('d'))
    writings[1]?.finish()
    await turn()
    writings[2]?.finish()
    await Promise.all(all)
    expect(writings.map(({ text }) => text)).toEqual(['a', 'b', 'd'])
  })

  it('writes no text twice in a row', async () => {
    const { writer, writings } = heldWriter()
    const first = writer.write('a')
    writings[0]?.finish()
    await first
    await writer.write('a')
    expect(writings).toHaveLength(1)
  })

  it('writes again what it could not write', async () => {
    const { writer, writings } = heldWriter()
    const first = writer.write('a')
    writings[0]?.fail(new Error('disk'))
    await expect(first).rejects.toThrow('disk')
    const second = writer.write('a')
    await turn()
    writings[1]?.finish()
    await second
    expect(writings).toHaveLength(2)
  })

  it('writes again what was in place before a write that failed', async () => {
    const { writer, writings } = heldWriter()
    const first = writer.write('a')
    writings[0]?.finish()
    await first
    const second = writer.write('b')
    await turn()
    writings[1]?.fail(new Error('disk'))
    await expect(second).rejects.toThrow('disk')
    const third = writer.write('a')
    await turn()
    expect(writings.map(({ text }) => text)).toEqual(['a', 'b', 'a'])
    writings[2]?.finish()
    await third
  })

  it('fails all that waited for one write when that fails, and none of the others', async () => {
    const { writer, writings } = heldWriter()
    const [a, b, c] = ['a', 'b', 'c'].map((text) =>
      writer.write(text).then(
        () => 'ok',
        () => 'failed',
      ),
    )
    writings[0]?.finish()
    await turn()
    writings[1]?.fail(new Error('disk'))
    expect(await Promise.all([a, b, c])).toEqual(['ok', 'failed', 'failed'])
  })

  it('goes on after a failure', async () => {
    const { writer, writings } = heldWriter()
    const [a, b] = ['a', 'b'].map((text) =>
      writer.write(text).then(
        () => 'ok',
        () => 'failed',
      ),
    )
    writings[0]?.fail(new Error('disk'))
    await turn()
    writings[1]?.finish()
    expect(await Promise.all([a, b])).toEqual(['failed', 'ok'])
  })

  it('is idle when nothing is written or waits', async () => {
    const { writer, writings } = heldWriter()
    await writer.idle()
    const all = Promise.allSettled([writer.write('a'), writer.write('b')])
    let isIdle = false
    const idle = writer.idle().then(() => (isIdle = true))
    writings[0]?.finish()
    await turn()
    expect(isIdle).toBe(false)
    writings[1]?.fail(new Error('disk'))
    await idle
    await all
  })
})
