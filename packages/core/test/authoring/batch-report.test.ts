import { describe, expect, it } from 'vitest'
import { FlotillaError } from '../../src/index.js'
import { batchReport } from '../../src/authoring/batch-report.js'

const never = new AbortController().signal

describe('batchReport', () => {
  it('puts each id in exactly one list, also one that is named twice', async () => {
    const refused = new FlotillaError('not-owned', 'not ours')
    const report = await batchReport(
      ['a', 'b', 'a', 'c'],
      { what: 'terminate', signal: never },
      async (id) => {
        if (id === 'b') throw refused
      },
    )
    expect(report).toEqual({ done: ['a', 'c'], failed: [{ id: 'b', error: refused }] })
  })

  it('makes anything thrown one of our errors, which says what it was about', async () => {
    const { failed } = await batchReport(['a'], { what: 'terminate', signal: never }, async () => {
      throw new Error('no such thing')
    })
    expect(failed[0]?.error).toMatchObject({ code: 'unknown', message: 'terminate a: no such thing' })
  })

  it('works at so many at a time', async () => {
    let running = 0
    let most = 0
    await batchReport(['a', 'b', 'c', 'd'], { what: 'end', signal: never, parallel: 2 }, async () => {
      running += 1
      most = Math.max(most, running)
      await Promise.resolve()
      running -= 1
    })
    expect(most).toBe(2)
  })

  it("rejects with the signal's reason, and begins nothing more", async () => {
    const stop = new AbortController()
    const begun: string[] = []
    const reason = new Error('enough')
    const working = batchReport(['a', 'b'], { what: 'end', signal: stop.signal, parallel: 1 }, async (id) => {
      begun.push(id)
      stop.abort(reason)
    })
    await expect(working).rejects.toBe(reason)
    expect(begun).toEqual(['a'])
  })
})
