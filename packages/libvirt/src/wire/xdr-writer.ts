import { LibvirtError } from '../libvirt-error.js'
import { stringMaxBytes } from './limits.js'

/**
 * Writes values as XDR: big-endian, everything padded to four bytes.
 *
 * Source: RFC 4506.
 */
export class XdrWriter {
  #bytes: Buffer = Buffer.allocUnsafe(256)
  #used = 0

  int(value: number): this {
    if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0x7fff_ffff)
      throw invalid(`${value} is not a whole number of 32 bits`)
    this.#reserve(4)
    this.#used = this.#bytes.writeInt32BE(value, this.#used)
    return this
  }

  uint(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
      throw invalid(`${value} is not a whole number of 32 bits without a sign`)
    this.#reserve(4)
    this.#used = this.#bytes.writeUInt32BE(value, this.#used)
    return this
  }

  uhyper(value: bigint): this {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn)
      throw invalid(`${value} is not a whole number of 64 bits without a sign`)
    this.#reserve(8)
    this.#used = this.#bytes.writeBigUInt64BE(value, this.#used)
    return this
  }

  /** A string that must be there. libvirt ends strings at a zero byte, so one inside is refused. */
  string(value: string): this {
    const length = Buffer.byteLength(value)
    if (length > stringMaxBytes) throw invalid(`a string of ${length} bytes is longer than ${stringMaxBytes}`)
    if (value.includes('\0')) throw invalid('a string must not have a zero character')
    this.uint(length)
    const padded = (length + 3) & ~3
    this.#reserve(padded)
    this.#bytes.write(value, this.#used, 'utf8')
    this.#bytes.fill(0, this.#used + length, this.#used + padded)
    this.#used += padded
    return this
  }

  /** A string that may be absent: a flag, then the string. */
  optionalString(value: string | undefined): this {
    if (value === undefined) return this.uint(0)
    return this.uint(1).string(value)
  }

  /** Bytes of a length both sides know: no length word. */
  fixedBytes(value: Uint8Array): this {
    const padded = (value.length + 3) & ~3
    this.#reserve(padded)
    this.#bytes.set(value, this.#used)
    this.#bytes.fill(0, this.#used + value.length, this.#used + padded)
    this.#used += padded
    return this
  }

  /** The bytes that were written; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#used)
  }

  #reserve(count: number): void {
    const needed = this.#used + count
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#used)
    this.#bytes = larger
  }
}

const invalid = (message: string): LibvirtError => new LibvirtError(message, { kind: 'invalid-argument' })
