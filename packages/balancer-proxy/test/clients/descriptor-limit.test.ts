import { expect, it } from 'vitest'
import { connectionsWithin, readDescriptorLimit } from '../../src/clients/descriptor-limit.js'

const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             63432                63432                processes
Max open files            ${soft}                 1048576              files
Max locked memory         67108864             67108864             bytes
`

it.each([
  ['1024', 1024],
  ['1048576', 1_048_576],
  ['unlimited', Infinity],
])('reads how many files may be open: %s', (soft, limit) => {
  expect(readDescriptorLimit(() => limits(soft))).toBe(limit)
})

it('does not know where the system does not tell', () => {
  const missing = () => {
    throw new Error('ENOENT')
  }
  expect(readDescriptorLimit(missing)).toBeUndefined()
  expect(readDescriptorLimit(() => 'something else')).toBeUndefined()
})

it.each([
  [undefined, 384],
  [1024, 384],
  [256, 96],
  [100, 18],
  [20, 16],
  [20_000, 9488],
  [1_048_576, 65_536],
  [Infinity, 65_536],
])('leaves a part of %s descriptors to the rest of the process: %i connections', (limit, connections) => {
  expect(connectionsWithin(limit)).toBe(connections)
})
