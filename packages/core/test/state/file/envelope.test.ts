import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../../src/json.js'
import { openState, sealState } from '../../../src/state/file/envelope.js'

const state: Json = {
  desired: 3,
  windows: [
    [1_795_219_200_000, 2.5],
    [0, -1e-9],
  ],
  names: { __proto: 1, '10': 'a', '2': 'b', 'ümläut "quoted"\n': null, '\u2028': true },
  lone: '\uD800',
  nothing: {},
}

/** With the checksum that fits. */
const whole = (content: string): string =>
  `${content.slice(0, -1)},"checksum":"${createHash('sha256').update(content).digest('hex')}"}`

const sealed = sealState('web', JSON.stringify(state), 0)

describe('openState', () => {
  it('gives back what was sealed', () => {
    expect(openState('web', sealed)).toEqual({ kind: 'state', state: JSON.parse(JSON.stringify(state)) })
  })

  it.each<Json>([null, 0, false, '', [], {}, 'text', [[[]]], JSON.parse('{"__proto__":{"x":1}}') as Json])(
    'gives back %j',
    (small) => {
      expect(openState('web', sealState('web', JSON.stringify(small), 0))).toStrictEqual({
        kind: 'state',
        state: small,
      })
    },
  )

  it('finds a file that is cut off anywhere damaged', () => {
    // The last character is the line break, which is not missed.
    for (let length = 0; length < sealed.length - 1; length += 1) {
      expect(openState('web', sealed.slice(0, length)).kind, `cut at ${length}`).toBe('damaged')
    }
  })

  it('finds a file with any one byte changed damaged, never another state', () => {
    const bytes = Buffer.from(sealed)
    for (let index = 0; index < bytes.length - 1; index += 1) {
      for (const mask of [0x01, 0x10, 0x80]) {
        const changed = Buffer.from(bytes)
        changed[index] = (changed[index] ?? 0) ^ mask
        const opened = openState('web', changed.toString())
        expect(opened.kind, `byte ${index}`).toBe('damaged')
      }
    }
  })

  it('finds a file with a piece missing in the middle, or zeros at its end, damaged', () => {
    for (let index = 0; index < sealed.length - 20; index += 7) {
      expect(openState('web', sealed.slice(0, index) + sealed.slice(index + 13)).kind).toBe('damaged')
      expect(openState('web', sealed.slice(0, index) + '\0'.repeat(sealed.length - index)).kind).toBe(
        'damaged',
      )
    }
  })

  it.each([
    ['', 'the file is empty'],
    ['{', 'the file is not whole: it does not end as JSON'],
    ['null', 'the file is not a state of Flotilla'],
    ['[]', 'the file is not a state of Flotilla'],
    ['"flotilla-state"', 'the file is not a state of Flotilla'],
    ['{"format":"other","version":1}', 'the file is not a state of Flotilla'],
    ['{"format":"flotilla-state"}', 'the checksum does not fit'],
    ['{"format":"flotilla-state","version":2}', 'the checksum does not fit'],
    [whole('{"format":"flotilla-state"}'), 'the file has no version that was ever written'],
    [whole('{"format":"flotilla-state","version":0}'), 'the file has no version that was ever written'],
    [whole('{"format":"flotilla-state","version":"1"}'), 'the file has no version that was ever written'],
    ['{"format":"flotilla-state","version":1,"state":{}}', 'the checksum does not fit'],
  ])('says what is wrong with %j', (text, reason) => {
    expect(openState('web', text)).toEqual({ kind: 'damaged', reason: expect.stringContaining(reason) })
  })

  it('does not take the state of another group, as a copied file would have', () => {
    expect(openState('api', sealed)).toEqual({ kind: 'damaged', reason: 'the file is of group "web"' })
  })

  it('knows a newer version by a file that is whole, whatever else is in it', () => {
    expect(openState('web', whole('{"format":"flotilla-state","version":2,"data":1}'))).toEqual({
      kind: 'newer',
      version: 2,
    })
  })
})
