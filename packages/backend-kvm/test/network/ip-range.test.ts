import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipv4Number, ipv4Range, ipv4Text } from '../../src/network/ip-range.js'

describe('a range of addresses', () => {
  it('holds both ends, in order, also past a byte', () => {
    expect([...ipv4Range({ from: '10.0.0.254', to: '10.0.1.1' })]).toEqual([
      '10.0.0.254',
      '10.0.0.255',
      '10.0.1.0',
      '10.0.1.1',
    ])
  })

  it('counts as it reads', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(ipv4Text(ipv4Number(address))).toBe(address)
      }),
    )
  })
})
