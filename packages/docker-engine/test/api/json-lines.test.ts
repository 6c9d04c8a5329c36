import { describe, expect, it } from 'vitest'
import { jsonLines } from '../../src/api/json-lines.js'

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
