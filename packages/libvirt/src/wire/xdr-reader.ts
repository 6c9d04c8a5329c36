import { LibvirtError } from '../libvirt-error.js'
import { stringMaxBytes } from './limits.js'

/**
 * Reads XDR out of one packet's payload. Every length is checked against its bound and against the bytes that are there
 * before anything is allocated; what does not fit throws a `LibvirtError` of the kind `protocol`.
 *
 * Source: RFC 4506.
 */
export class XdrReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get remainingBytes(): number {
    return this.#bytes.length - this.#at
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#advance(4))
  }

  uint(): number {
    return this.#bytes.readUInt32BE(this.#advance(4))
  }

  hyper(): bigint {
    return this.#bytes.readBigInt64BE(this.#advance(8))
  }

  uhyper(): bigint {
    return this.#bytes.readBigUInt64BE(this.#advance(8))
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#advance(8))
  }

  string(): string {
    const length = this.uint()
    if (length > stringMaxBytes)
      throw malformed(`a string of ${length} bytes, at most ${stringMaxBytes} allowed`)
    const start = this.#advance((length + 3) & ~3)
    return this.#bytes.toString('utf8', start, start + length)
  }

  optionalString(): string | undefined {
    return this.optional(() => this.string())
  }

  /** A flag, then what it announces. */
  optional<T>(read: () => T): T | undefined {
    const flag = this.uint()
    if (flag > 1) throw malformed(`a flag of ${flag}, only 0 and 1 allowed`)
    return flag === 1 ? read() : undefined
  }

  fixedBytes(length: number): Buffer {
    const start = this.#advance((length + 3) & ~3)
    return this.#bytes.subarray(start, start + length)
  }

  /**
   * @param maxCount - what the protocol allows
   * @param itemMinBytes - the least that one item takes: a count that cannot be true is refused before reading on
   */
  list<T>(maxCount: number, itemMinBytes: number, read: () => T): T[] {
    const count = this.uint()
    if (count > maxCount) throw malformed(`a list of ${count}, at most ${maxCount} allowed`)
    if (count * itemMinBytes > this.remainingBytes)
      throw malformed(`a list of ${count} in ${this.remainingBytes} bytes`)
    return Array.from({ length: count }, read)
  }

  /** Nothing may follow. */
  end(): void {
    if (this.remainingBytes > 0) throw malformed(`${this.remainingBytes} bytes more than expected`)
  }

  #advance(count: number): number {
    const start = this.#at
    if (count > this.remainingBytes)
      throw malformed(`${this.remainingBytes} bytes left where ${count} were expected`)
    this.#at += count
    return start
  }
}

const malformed = (what: string): LibvirtError =>
  new LibvirtError(`libvirt sent a packet that cannot be read: ${what}`, { kind: 'protocol' })
