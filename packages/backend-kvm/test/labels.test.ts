import { describe, expect, it } from 'vitest'
import { metadata, ownerXml, readOwner, type Owner } from '../src/labels.js'
import { readOptions, type Template } from '../src/options.js'
import type { KvmOptions } from '../src/options/kvm-options.js'
import { domainXml, type DomainParts } from '../src/xml/domain-xml.js'
import { elementsAt, parseXml, xmlText } from '../src/xml/xml.js'

const uuid = '6f9619ff-8b86-4011-b42d-00c04fc964ff'

const owner: Owner = {
  uuid,
  scope: 'flotilla',
  group: 'web',
  token: 't1',
  templateHash: 'abc',
  createdAt: 1_767_225_600_000,
  macs: ['52:54:00:01:02:03', '52:54:00:01:02:04'],
  pool: 'default',
  files: ['a.qcow2', 'b.iso'],
}

const parts: DomainParts = {
  name: 'flotilla.web.t1',
  uuid,
  owner,
  overlayPath: '/pool/flotilla.web.t1.6f9619ff.qcow2',
  diskPaths: ['/pool/d1.qcow2'],
  seedPath: '/pool/seed.iso',
  consolePath: '/pool/console.log',
}

const template = (options: Partial<KvmOptions> = {}): Template =>
  readOptions({ golden: { pool: 'default', volume: 'golden.qcow2' }, ...options }).template

const element = (xml: string, ...path: readonly string[]): ReturnType<typeof elementsAt> =>
  elementsAt(parseXml(xml, 'test'), ...path)

describe('the owner', () => {
  it('is read back from what is written, as libvirt gives it', () => {
    const waiting: Owner = {
      ...owner,
      token: undefined,
      warm: 'preparing',
      staleLease: '17',
      entryName: 'f-x',
      entryNetwork: 'default',
      directory: '/d',
    }
    for (const given of [owner, waiting, { ...owner, claimedAt: 5 }]) {
      expect(readOwner(ownerXml(given))).toEqual(expect.objectContaining(given))
    }
  })

  it('is found in the metadata of the domain, in our own name space', () => {
    const [found] = element(domainXml(template(), parts), 'metadata', metadata.element)
    expect(found?.namespaceURI).toBe(metadata.uri)
    expect(readOwner(found === undefined ? '' : xmlText(found))).toEqual(expect.objectContaining(owner))
  })

  for (const xml of [
    '<machine/>',
    "<machine group='web'/>",
    "<other scope='a' group='b' token='c'/>",
    "<machine scope='a' group='b'/>",
  ]) {
    it(`is nobody in ${xml}`, () => {
      expect(readOwner(xml)).toBeUndefined()
    })
  }
})
