import { describe, expect, it } from 'vitest'
import { decodePacket, encodePacket, type Packet } from '../../src/wire/packet.js'
import { PacketSplitter } from '../../src/wire/packet-splitter.js'

const packet: Packet = {
  program: 0x2000_8086,
  version: 1,
  procedure: 157,
  type: 0,
  serial: 7,
  status: 0,
  payload: Buffer.from('0000000161000000', 'hex'),
}
/** length 36, program, version, procedure 157, type call, serial 7, status ok, payload. */
const hex =
  '00000024' +
  '20008086' +
  '00000001' +
  '0000009d' +
  '00000000' +
  '00000007' +
  '00000000' +
  '0000000161000000'

function split(chunks: readonly Buffer[]): Packet[] {
  const splitter = new PacketSplitter()
  const packets: Packet[] = []
  for (const chunk of chunks) splitter.push(chunk, (one) => packets.push(one))
  return packets
}

describe('packets', () => {
  it('look as libvirt’s do', () => {
    expect(encodePacket(packet).toString('hex')).toBe(hex)
    expect(decodePacket(Buffer.from(hex, 'hex'))).toEqual(packet)
  })

  it.each([1, 2, 3, 4, 5, 27, 28, 29, 36, 37, 71, 100, 108])(
    'come out whole when they arrive in chunks of %i bytes',
    (size) => {
      const bytes = Buffer.concat([1, 2, 3].map((serial) => encodePacket({ ...packet, serial })))
      const chunks: Buffer[] = []
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
      expect(split(chunks)).toEqual([1, 2, 3].map((serial) => ({ ...packet, serial })))
    },
  )

  it('wait for their end', () => {
    expect(split([Buffer.from(hex, 'hex').subarray(0, 35)])).toEqual([])
  })

  it.each(['00000000', '0000001b', '02000001', 'ffffffff', '48545450'])(
    'of the length 0x%s are refused before their bytes are there',
    (length) => {
      expect(() => split([Buffer.from(length, 'hex')])).toThrow(
        expect.objectContaining({ name: 'LibvirtError', kind: 'protocol' }),
      )
    },
  )

  it('longer than libvirt takes are not sent', () => {
    const payload = Buffer.alloc(32 * 1024 * 1024)
    expect(() => encodePacket({ ...packet, payload })).toThrow(
      expect.objectContaining({ kind: 'invalid-argument' }),
    )
  })
})
