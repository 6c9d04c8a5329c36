import { describe, expect, it } from 'vitest'
import { readVersionDocument, newestOf } from '../../src/discovery/version-document.js'
import { fixture } from '../kit/fixture.js'

describe('version documents', () => {
  it.each([
    ['disc-keystone-root', 3, { major: 3, minor: 14, microversions: undefined }],
    ['disc-keystone-v3', 3, { major: 3, minor: 14 }],
    ['disc-nova-root', 2, { minor: 1, microversions: { min: '2.1', max: '2.93' } }],
    ['disc-nova-v21', 2, { minor: 1, microversions: { min: '2.1', max: '2.93' } }],
    ['disc-neutron-root', 2, { minor: 0, href: 'http://cloud.test/network/v2.0/' }],
    ['disc-glance-root', 2, { minor: 15, href: 'http://cloud.test/image/v2/' }],
    ['disc-placement-root', 1, { microversions: { min: '1.0', max: '1.39' } }],
  ])('%s', (name, major, wanted) => {
    const versions = readVersionDocument(fixture(name).response.body)
    expect(newestOf(versions, major)).toMatchObject(wanted)
  })

  it('that are none give none', () => {
    for (const body of [
      undefined,
      null,
      'x',
      1,
      [],
      {},
      { versions: 'x' },
      { versions: [{ id: 'latest' }] },
    ]) {
      expect(readVersionDocument(body)).toEqual([])
    }
  })
})
