import { describe, expect, it } from 'vitest'
import { blankXml, overlayXml, readPoolDirectory, readVolume } from '../../src/xml/volume-xml.js'
import { attributeOf, elementsAt, parseXml, textAt } from '../../src/xml/xml.js'

describe("a volume's XML", () => {
  it('of a clone has its backing image with its format, and no capacity of its own', () => {
    const xml = overlayXml('a.qcow2', { path: '/pool/golden.qcow2', format: 'qcow2' })
    const root = parseXml(xml, 'test')
    expect(textAt(root, 'backingStore', 'path')).toBe('/pool/golden.qcow2')
    expect(attributeOf(elementsAt(root, 'backingStore', 'format')[0], 'type')).toBe('qcow2')
    expect(textAt(root, 'target', 'compat')).toBe('1.1')
    expect(textAt(root, 'capacity')).toBeUndefined()
  })

  it('of an empty one has its size in bytes', () => {
    expect(readVolume(blankXml('a', 'raw', 1_048_576))).toEqual({
      path: undefined,
      format: 'raw',
      capacityBytes: 1_048_576n,
    })
  })

  it('tells the directory of a pool of files, and of no other', () => {
    const pool = (type: string): string => `<pool type='${type}'><target><path>/p</path></target></pool>`
    expect(readPoolDirectory(pool('dir'))).toBe('/p')
    expect(readPoolDirectory(pool('netfs'))).toBe('/p')
    expect(readPoolDirectory(pool('logical'))).toBeUndefined()
  })
})
