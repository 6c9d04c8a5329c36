import { LibvirtError } from '../libvirt-error.js'
import { messageMaxBytes } from './limits.js'

/** virNetMessageType. */
export const packetType = { call: 0, reply: 1, message: 2, stream: 3 } as const
/** virNetMessageStatus. */
export const packetStatus = { ok: 0, error: 1, continue: 2 } as const

/** The programs that share a connection. */
export const program = { remote: 0x2000_8086, keepalive: 0x6b65_6570 } as const

/** One packet of libvirt's protocol, without its length word. */
export interface Packet {
  readonly program: number
  readonly version: number
  readonly procedure: number
  readonly type: number
  readonly serial: number
  readonly status: number
  readonly payload: Buffer
}

/** The length word and the six words of the header. */
export const headerBytes = 28

/** The packet as it goes over the wire: u32 length of all, then six u32 of header, then the payload. */
export function encodePacket(packet: Packet): Buffer {
  const length = headerBytes + packet.payload.length
  if (length > messageMaxBytes)
    throw new LibvirtError(
      `a call of ${length} bytes is longer than ${messageMaxBytes}, which libvirt allows`,
      {
        kind: 'invalid-argument',
      },
    )
  const bytes = Buffer.allocUnsafe(length)
  bytes.writeUInt32BE(length, 0)
  bytes.writeUInt32BE(packet.program, 4)
  bytes.writeUInt32BE(packet.version, 8)
  bytes.writeInt32BE(packet.procedure, 12)
  bytes.writeInt32BE(packet.type, 16)
  bytes.writeUInt32BE(packet.serial, 20)
  bytes.writeInt32BE(packet.status, 24)
  packet.payload.copy(bytes, headerBytes)
  return bytes
}

/** @param bytes - one whole packet, with its length word */
export function decodePacket(bytes: Buffer): Packet {
  return {
    program: bytes.readUInt32BE(4),
    version: bytes.readUInt32BE(8),
    procedure: bytes.readInt32BE(12),
    type: bytes.readInt32BE(16),
    serial: bytes.readUInt32BE(20),
    status: bytes.readInt32BE(24),
    payload: bytes.subarray(headerBytes),
  }
}
