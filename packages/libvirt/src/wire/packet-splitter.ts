import { LibvirtError } from '../libvirt-error.js'
import { messageMaxBytes } from './limits.js'
import { decodePacket, headerBytes, type Packet } from './packet.js'

/**
 * Cuts the incoming bytes into packets, wherever the chunks end. Holds at most one unfinished packet, and never
 * allocates by a length that was only announced.
 */
export class PacketSplitter {
  #chunks: Buffer[] = []
  #heldBytes = 0
  /** Of the packet under way; 0 while its length word is not yet there. */
  #packetBytes = 0

  /** @throws LibvirtError `protocol` on a length that no packet has: nothing after it can be understood */
  push(chunk: Buffer, take: (packet: Packet) => void): void {
    this.#chunks.push(chunk)
    this.#heldBytes += chunk.length
    for (;;) {
      if (this.#packetBytes === 0) {
        if (this.#heldBytes < 4) return
        this.#packetBytes = checkedLength(this.#joined().readUInt32BE(0))
      }
      if (this.#heldBytes < this.#packetBytes) return
      const bytes = this.#joined()
      const packet = bytes.subarray(0, this.#packetBytes)
      const rest = bytes.subarray(this.#packetBytes)
      this.#chunks = rest.length > 0 ? [rest] : []
      this.#heldBytes = rest.length
      this.#packetBytes = 0
      take(decodePacket(packet))
    }
  }

  #joined(): Buffer {
    const [first] = this.#chunks
    if (first !== undefined && this.#chunks.length === 1) return first
    const joined = Buffer.concat(this.#chunks)
    this.#chunks = [joined]
    return joined
  }
}

function checkedLength(length: number): number {
  if (length >= headerBytes && length <= messageMaxBytes) return length
  throw new LibvirtError(
    `libvirt sent a packet of ${length} bytes; between ${headerBytes} and ${messageMaxBytes} are allowed: is this a libvirt daemon?`,
    { kind: 'protocol' },
  )
}
