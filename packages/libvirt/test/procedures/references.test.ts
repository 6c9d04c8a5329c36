import { describe, expect, it } from 'vitest'
import { writeDomain, writeNamed, writeVolume } from '../../src/procedures/references.js'
import { XdrWriter } from '../../src/wire/xdr-writer.js'

describe('what a call is about', () => {
  it.each([
    ['a domain', writeDomain, 'domainLookupByName'],
    ['a network or a pool', writeNamed, 'networkLookupByName'],
    ['a volume', writeVolume, 'storageVolLookupByName'],
  ] as const)('%s given as a name is refused with what finds it', (_, write, lookup) => {
    const writeAny = write as (writer: XdrWriter, given: unknown) => unknown
    for (const given of ['web', 5, undefined, null, {}]) {
      expect(() => writeAny(new XdrWriter(), given)).toThrow(
        expect.objectContaining({
          kind: 'invalid-argument',
          message: expect.stringContaining(lookup) as string,
        }),
      )
    }
  })
})
