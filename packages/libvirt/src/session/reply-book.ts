import { LibvirtError, protocolFault } from '../libvirt-error.js'
import { readError } from '../wire/error-payload.js'
import { packetStatus, packetType, type Packet } from '../wire/packet.js'
import { XdrReader } from '../wire/xdr-reader.js'
import { PendingCall, type CallBound, type CallName } from './pending-call.js'

/** Serials of calls given up that are remembered. A late answer to an older one ends the session. */
const abandonedMaxCount = 10_000

/** The calls that wait, by serial: for their reply, or for the end of their stream. */
export class ReplyBook {
  readonly #calls = new Map<number, PendingCall<Buffer>>()
  readonly #streams = new Map<number, PendingCall<Buffer>>()
  /** Of streams that bring data. */
  readonly #readers = new Map<number, (bytes: Buffer) => void>()
  /** The latest serials whose answers nobody waits for any more, and which may still come; with what a late success calls. */
  readonly #abandoned = new Map<number, (() => void) | undefined>()

  isTaken(serial: number): boolean {
    return this.#calls.has(serial) || this.#streams.has(serial) || this.#abandoned.has(serial)
  }

  hasStream(serial: number): boolean {
    return this.#streams.has(serial)
  }

  /** @param onLateSuccess - called where the call succeeds after it was given up */
  reply(call: CallName, serial: number, bound: CallBound, onLateSuccess?: () => void): Promise<Buffer> {
    return this.#expect(this.#calls, call, serial, bound, onLateSuccess)
  }

  /** @param onData - takes what comes on the stream before its end; what it throws ends the session */
  endOfStream(
    call: CallName,
    serial: number,
    bound: CallBound,
    onData?: (bytes: Buffer) => void,
  ): Promise<Buffer> {
    const end = this.#expect(this.#streams, call, serial, bound)
    if (onData !== undefined) this.#readers.set(serial, onData)
    return end
  }

  /** @throws LibvirtError `protocol` where it answers nothing that was asked */
  settle({ serial, procedure, status, type, payload }: Packet): void {
    const among = type === packetType.stream ? this.#streams : this.#calls
    const pending = among.get(serial)
    if (pending === undefined) {
      if (!this.#abandoned.has(serial)) throw protocolFault(`a reply to call ${serial}, which was never made`)
      if (type === packetType.reply) this.#settleLate(serial, status)
      return
    }
    if (pending.call.number !== procedure)
      throw protocolFault(`a reply of procedure ${procedure} to ${pending.call.name}`)
    const reader = type === packetType.stream ? this.#readers.get(serial) : undefined
    if (reader !== undefined && status === packetStatus.continue) {
      reader(payload)
      return
    }
    if (status !== packetStatus.ok && status !== packetStatus.error)
      throw protocolFault(`a reply of status ${status}`)
    among.delete(serial)
    // A stream that failed may say so more than once.
    if (type === packetType.stream) this.#abandon(serial)
    if (status === packetStatus.ok) pending.resolve(payload)
    else pending.reject(errorOf(payload))
  }

  rejectStream(serial: number, reason: unknown): void {
    this.#streams.get(serial)?.reject(reason)
    this.#streams.delete(serial)
    this.#abandon(serial)
  }

  rejectAll(reason: LibvirtError): void {
    for (const pending of [...this.#calls.values(), ...this.#streams.values()]) pending.reject(reason)
    this.#calls.clear()
    this.#streams.clear()
    this.#abandoned.clear()
    this.#readers.clear()
  }

  #expect(
    among: Map<number, PendingCall<Buffer>>,
    call: CallName,
    serial: number,
    bound: CallBound,
    onLateSuccess?: () => void,
  ): Promise<Buffer> {
    const pending = new PendingCall<Buffer>(call, bound, () => {
      among.delete(serial)
      this.#abandon(serial, onLateSuccess)
    })
    among.set(serial, pending)
    return pending.promise
  }

  #settleLate(serial: number, status: number): void {
    const onLateSuccess = this.#abandoned.get(serial)
    this.#abandoned.set(serial, undefined)
    if (status === packetStatus.ok) onLateSuccess?.()
  }

  /** A call that opens a stream and the stream's end share a serial: the second of them keeps what the first left. */
  #abandon(serial: number, onLateSuccess?: () => void): void {
    this.#readers.delete(serial)
    this.#abandoned.set(serial, this.#abandoned.get(serial) ?? onLateSuccess)
    const [oldest] = this.#abandoned.keys()
    if (this.#abandoned.size > abandonedMaxCount && oldest !== undefined) this.#abandoned.delete(oldest)
  }
}

function errorOf(payload: Buffer): LibvirtError {
  try {
    return readError(new XdrReader(payload))
  } catch (error) {
    return error instanceof LibvirtError ? error : protocolFault('an error that cannot be read', error)
  }
}
