import { describe, expect, it } from 'vitest'
import { seatsOf, type Seat } from '../../src/service/seats.js'
import { slotsOf, type Slot } from '../../src/service/slots.js'
import type { ServiceSpec } from '../../src/manager/swarm-api.js'
import { spec, task } from './sample-tasks.js'

const slots = (...numbers: readonly number[]): readonly Slot[] =>
  slotsOf(
    numbers.map((number) => task(number)),
    spec(0),
  )

const placed = (seats: readonly Seat[]): readonly string[] =>
  seats.map(({ token, slot, isCutOff }) => `${token}:${isCutOff ? 'cut off' : (slot?.number ?? 'none')}`)

describe('the seats of a service', () => {
  const table: readonly (readonly [
    name: string,
    spec: ServiceSpec,
    slots: readonly Slot[],
    before: object,
    seats: readonly string[],
  ])[] = [
    [
      'are taken in the order of the tokens, lowest place first',
      spec(2, 'a', 'b'),
      slots(1, 2),
      {},
      ['a:1', 'b:2'],
    ],
    ['are kept while they are there', spec(2, 'a', 'b'), slots(1, 2), { a: 2, b: 1 }, ['a:2', 'b:1']],
    ['are changed when they are gone', spec(2, 'b', 'c'), slots(1, 3), { b: 2, c: 3 }, ['b:1', 'c:3']],
    ['are waited for', spec(3, 'a', 'b', 'c'), slots(1), {}, ['a:1', 'b:none', 'c:none']],
    [
      'are cut off, the newest first, when somebody scales down',
      spec(1, 'a', 'b', 'c'),
      slots(1),
      {},
      ['a:1', 'b:cut off', 'c:cut off'],
    ],
    ['are not cut off while their tasks are there', spec(1, 'a', 'b'), slots(1, 2), {}, ['a:1', 'b:2']],
    [
      'left over have a token told from their number',
      spec(3, 'a'),
      slots(1, 2, 5),
      { a: 2 },
      ['a:2', 'slot-1:1', 'slot-5:5'],
    ],
    [
      'left over keep it once it is asked for',
      spec(3, 'slot-1', 'slot-5', 'a'),
      slots(1, 2, 5),
      {},
      ['slot-1:1', 'slot-5:5', 'a:2'],
    ],
    ['of a service at none are none', spec(0), slots(), {}, []],
    ['on their way out are none', spec(1, 'a'), slots(1, 2), { a: 1 }, ['a:1']],
  ]
  for (const [name, given, places, before, expected] of table) {
    it(`that ${name}`, () => {
      expect(placed(seatsOf(given, places, new Map(Object.entries(before))))).toEqual(expected)
    })
  }
})
