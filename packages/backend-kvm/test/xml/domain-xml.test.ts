import { FlotillaError } from '@flotilla/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Owner } from '../../src/labels.js'
import { readOptions, type Template } from '../../src/options.js'
import type { KvmOptions } from '../../src/options/kvm-options.js'
import { domainXml, hookedXml, ownDiskPaths, type DomainParts } from '../../src/xml/domain-xml.js'
import { attributeOf, elementsAt, parseXml } from '../../src/xml/xml.js'

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

describe("a domain's XML", () => {
  it('is this, with everything asked for', () => {
    const all = template({
      networks: ['default', { bridge: 'br0' }],
      agent: true,
      firmware: 'efi',
      machine: 'q35',
      vcpus: 4,
      memoryMib: 2048,
    })
    expect(domainXml(all, parts).replaceAll('><', '>\n<')).toMatchSnapshot()
  })

  it('is this, with the least', () => {
    const least = { ...parts, diskPaths: [], seedPath: undefined, consolePath: undefined }
    expect(domainXml(template({ domainType: 'qemu' }), least).replaceAll('><', '>\n<')).toMatchSnapshot()
  })

  it('cannot be broken out of by anything that stands in it', () => {
    const xmlSafe = fc.string({ unit: 'grapheme' }).filter((text) => {
      // oxlint-disable-next-line no-control-regex -- they are what must not be there
      return !/[\u0000-\u001f\u0085\u2028\u2029\ufffe\uffff]/.test(text)
    })
    fc.assert(
      fc.property(xmlSafe, (evil) => {
        const hostile = `'"/><!--]]>&lt;${evil}`
        const given = { ...parts, overlayPath: `/pool/${hostile}`, owner: { ...owner, group: hostile } }
        const xml = domainXml({ ...template(), networks: [hostile] }, given)
        const [source] = element(xml, 'devices', 'disk', 'source')
        expect(attributeOf(source, 'file')).toBe(`/pool/${hostile}`)
        expect(attributeOf(element(xml, 'devices', 'interface', 'source')[0], 'network')).toBe(hostile)
        expect(element(xml, 'devices', 'disk')).toHaveLength(3)
        expect(element(xml, 'devices', 'interface')).toHaveLength(1)
      }),
    )
  })

  for (const character of ['\u0000', '\u001b', '\u2028', '\uffff']) {
    it(`refuses the character ${JSON.stringify(character)}, which would not arrive as it is`, () => {
      const given = { ...parts, overlayPath: `/pool/${character}` }
      expect(() => domainXml(template(), given)).toThrow(FlotillaError)
    })
  }

  it('tells its own disks, and not what they are based on', () => {
    const xml = `<domain><devices>
      <disk><source file='/a'/><backingStore type='file'><source file='/golden'/></backingStore></disk>
      <disk><source dev='/dev/vg/b'/></disk><disk><source pool='p' volume='v'/></disk><disk/></devices></domain>`
    expect(ownDiskPaths(xml)).toEqual(['/a', '/dev/vg/b', 'p/v'])
  })
})

describe('the xml hook', () => {
  const xml = domainXml(template(), parts)

  it('may change what is not modelled', () => {
    const hook = (text: string): string =>
      text.replace('</devices>', "<video><model type='none'/></video></devices>")
    expect(hookedXml(xml, hook, parts)).toContain("<model type='none'/>")
  })

  const refused: readonly (readonly [name: string, hook: (text: string) => string])[] = [
    ['renames the machine', (text) => text.replace('flotilla.web.t1<', 'other<')],
    ['gives it another UUID', (text) => text.replace(`<uuid>${uuid}`, `<uuid>${uuid.replace('6', '7')}`)],
    ['takes our metadata away', (text) => text.replace(/<metadata>.*<\/metadata>/, '')],
    ['gives it to another group', (text) => text.replace('group="web"', 'group="db"')],
    ['makes something else of it', () => '<network/>'],
    ['breaks it', (text) => text.slice(0, -5)],
    ['reads files', (text) => `<!DOCTYPE x SYSTEM "file:///etc/passwd">${text}`],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['forgets to return', () => undefined as unknown as string],
  ]
  for (const [name, hook] of refused) {
    it(`is refused when it ${name}`, () => {
      expect(() => hookedXml(xml, hook, parts)).toThrow(expect.objectContaining({ code: 'invalid-template' }))
    })
  }
})
