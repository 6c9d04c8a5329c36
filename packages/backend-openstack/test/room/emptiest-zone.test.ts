import { describe, expect, it } from 'vitest'
import { emptiestZone } from '../../src/room/emptiest-zone.js'

describe('the zone', () => {
  it.each([
    [['a', 'b'], [], 'a'],
    [['a', 'b'], ['a'], 'b'],
    [['a', 'b'], ['a', 'b', 'b'], 'a'],
    [['b'], ['b', 'b'], 'b'],
    [[undefined], [undefined, 'a'], undefined],
  ])('of %j with %j is %s', (open, placed, expected) => {
    expect(
      emptiestZone(
        open,
        placed.map((zone) => ({ zone })),
      ),
    ).toBe(expected)
  })
})
