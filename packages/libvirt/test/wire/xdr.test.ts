import { describe, expect, it } from 'vitest'
import { LibvirtError } from '../../src/libvirt-error.js'
import { uuidBytes, uuidText } from '../../src/wire/uuid.js'
import { XdrReader } from '../../src/wire/xdr-reader.js'
import { XdrWriter } from '../../src/wire/xdr-writer.js'

const reader = (hex: string): XdrReader => new XdrReader(Buffer.from(hex, 'hex'))

describe('XDR', () => {
  it.each([
    ['int 0', (w: XdrWriter) => w.int(0), '00000000'],
    ['int -1', (w: XdrWriter) => w.int(-1), 'ffffffff'],
    ['int -2147483648', (w: XdrWriter) => w.int(-0x8000_0000), '80000000'],
    ['uint 4294967295', (w: XdrWriter) => w.uint(0xffff_ffff), 'ffffffff'],
    ['uhyper', (w: XdrWriter) => w.uhyper(0x0102_0304_0506_0708n), '0102030405060708'],
    ['an empty string', (w: XdrWriter) => w.string(''), '00000000'],
    ['a string of one', (w: XdrWriter) => w.string('a'), '0000000161000000'],
    ['a string of four', (w: XdrWriter) => w.string('abcd'), '0000000461626364'],
    ['a string of two bytes a character', (w: XdrWriter) => w.string('é'), '00000002c3a90000'],
    ['no string', (w: XdrWriter) => w.optionalString(undefined), '00000000'],
    ['a string that is there', (w: XdrWriter) => w.optionalString('a'), '000000010000000161000000'],
    ['bytes', (w: XdrWriter) => w.fixedBytes(Buffer.from([1, 2, 3])), '01020300'],
  ])('writes %s', (_, write, hex) => {
    expect(write(new XdrWriter()).finish().toString('hex')).toBe(hex)
  })

  it('writes more than its first buffer holds', () => {
    const long = 'x'.repeat(1001)
    const bytes = new XdrWriter().int(7).string(long).int(8).finish()
    const from = new XdrReader(bytes)
    expect([from.int(), from.string(), from.int(), from.remainingBytes]).toEqual([7, long, 8, 0])
  })

  it.each([
    ['int', (r: XdrReader) => r.int(), 'fffffffe', -2],
    ['uint', (r: XdrReader) => r.uint(), 'fffffffe', 4_294_967_294],
    ['hyper', (r: XdrReader) => r.hyper(), 'ffffffffffffffff', -1n],
    ['uhyper', (r: XdrReader) => r.uhyper(), 'ffffffffffffffff', 0xffff_ffff_ffff_ffffn],
    ['double', (r: XdrReader) => r.double(), '3ff8000000000000', 1.5],
    ['string', (r: XdrReader) => r.string(), '00000002c3a90000', 'é'],
    ['no string', (r: XdrReader) => r.optionalString(), '00000000', undefined],
    ['optional string', (r: XdrReader) => r.optionalString(), '000000010000000161000000', 'a'],
    ['list', (r: XdrReader) => r.list(2, 4, () => r.int()), '000000020000000500000006', [5, 6]],
  ])('reads %s', (_, read, hex, value) => {
    const from = reader(hex)
    expect(read(from)).toEqual(value)
    expect(from.remainingBytes).toBe(0)
  })

  it.each([
    ['an int that is cut off', (r: XdrReader) => r.int(), '000000'],
    ['a hyper that is cut off', (r: XdrReader) => r.uhyper(), '00000000000000'],
    ['a string longer than the packet', (r: XdrReader) => r.string(), '0000000561626364'],
    ['a string without its padding', (r: XdrReader) => r.string(), '0000000161'],
    ['a string over 4 MiB', (r: XdrReader) => r.string(), '00400001'],
    ['a string of 4 GiB', (r: XdrReader) => r.string(), 'ffffffff61626364'],
    ['a flag of two', (r: XdrReader) => r.optionalString(), '0000000200000000'],
    ['a list over its bound', (r: XdrReader) => r.list(1, 4, () => r.int()), '000000020000000500000006'],
    ['a list that cannot be there', (r: XdrReader) => r.list(9, 4, () => r.int()), '0000000300000005'],
    ['something behind the end', (r: XdrReader) => r.end(), '00'],
  ])('refuses %s', (_, read, hex) => {
    expect(() => read(reader(hex))).toThrow(
      expect.objectContaining({ name: 'LibvirtError', kind: 'protocol' }),
    )
  })

  it.each([
    ['a fraction', (w: XdrWriter) => w.int(1.5)],
    ['NaN', (w: XdrWriter) => w.uint(NaN)],
    ['a negative uint', (w: XdrWriter) => w.uint(-1)],
    ['too large an int', (w: XdrWriter) => w.int(0x8000_0000)],
    ['a negative uhyper', (w: XdrWriter) => w.uhyper(-1n)],
    ['a zero character', (w: XdrWriter) => w.string('a\0b')],
    ['a string over 4 MiB', (w: XdrWriter) => w.string('x'.repeat(4 * 1024 * 1024 + 1))],
  ])('does not send %s', (_, write) => {
    expect(() => write(new XdrWriter())).toThrow(
      expect.objectContaining({ name: 'LibvirtError', kind: 'invalid-argument' }),
    )
  })

  it('reads and writes UUIDs', () => {
    const text = '3e0276e9-5195-42f9-a566-c4b0d2004351'
    expect(uuidText(uuidBytes(text))).toBe(text)
    expect(uuidText(uuidBytes(text.replaceAll('-', '').toUpperCase()))).toBe(text)
    expect(() => uuidBytes('3e0276e9')).toThrow(LibvirtError)
  })
})
