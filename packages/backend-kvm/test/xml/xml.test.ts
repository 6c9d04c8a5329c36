import { describe, expect, it } from 'vitest'
import { parseXml, textAt, xmlText, XmlWriter } from '../../src/xml/xml.js'

describe('the XML reader', () => {
  it('takes a replacement character, which a stranger may have in a title', () => {
    expect(textAt(parseXml('<domain><title>\ufffd</title></domain>', 'test'), 'title')).toBe('\ufffd')
  })

  it('refuses what is not well-formed', () => {
    for (const text of ['', '<a>', '<a b=c/>', '<a></b>', 'x']) {
      expect(() => parseXml(text, 'test')).toThrow(/^test: /)
    }
  })
})

describe('the XML writer', () => {
  it('leaves undefined attributes and children out', () => {
    const writer = new XmlWriter()
    expect(xmlText(writer.element('a', { attributes: { b: undefined, c: 0 }, children: [undefined] }))).toBe(
      '<a c="0"/>',
    )
  })
})
