import { LibvirtError, connectionLost, protocolFault } from '../libvirt-error.js'
import type { Transport } from '../transports/transport.js'
import { encodePacket, packetStatus, packetType, program, type Packet } from '../wire/packet.js'
import { PacketSplitter } from '../wire/packet-splitter.js'
import { KeepAlive, keepAlivePacket, keepAliveProcedure } from './keep-alive.js'
import type { CallBound, CallName } from './pending-call.js'
import { ReplyBook } from './reply-book.js'

export interface SessionOptions {
  readonly transport: Transport
  /** A message that libvirt sent of its own accord. What it throws ends the session. */
  readonly onMessage: (procedure: number, payload: Buffer) => void
  /** Told once, when the session ended for whatever reason. */
  readonly onEnd: (reason: LibvirtError) => void
}

export interface OpenStream {
  readonly serial: number
  /** The reply to the call. */
  readonly opened: Promise<Buffer>
  /** The daemon's confirmation of the end, or its error. */
  readonly ended: Promise<Buffer>
}

/**
 * One connection's life, from the first byte to the last: calls with their replies, messages, keepalive. Ends once and
 * for all at the first fault; everything under way then rejects with that fault.
 */
export class Session {
  readonly #transport: Transport
  readonly #options: SessionOptions
  readonly #splitter = new PacketSplitter()
  readonly #book = new ReplyBook()
  #keepAlive: KeepAlive | undefined
  #lastSerial = 0
  #isCorked = false
  #ended: LibvirtError | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.#transport = options.transport
    const { readable, writable } = options.transport
    readable.on('data', (chunk: Buffer) => this.#receive(chunk))
    const lost = (cause?: Error): void => void this.#lose(cause)
    readable.on('error', lost).on('end', lost).on('close', lost)
    writable.on('error', lost).on('close', lost)
  }

  /** Why it ended; undefined while it lives. */
  get ended(): LibvirtError | undefined {
    return this.#ended
  }

  /** @returns the payload of the reply */
  call(call: CallName, payload: Buffer, bound: CallBound): Promise<Buffer> {
    return this.#start(call, payload, bound).promise
  }

  /**
   * A call that opens a stream: packets of its serial follow both ways until the daemon says that it has ended. A call
   * that is given up before its reply is cancelled when the daemon says that the stream is open: libvirtd ignores a
   * cancel that comes earlier, and would keep the stream open for the session's life.
   */
  openStream(
    call: CallName,
    payload: Buffer,
    bound: CallBound,
    onData?: (bytes: Buffer) => void,
  ): OpenStream {
    const { serial, promise: opened } = this.#start(call, payload, bound, (late) =>
      this.cancelStream(call, late),
    )
    if (serial === 0) return { serial, opened, ended: opened }
    const ended = this.#book.endOfStream(call, serial, bound, onData)
    // Where it was not opened there is no end to wait for.
    opened.catch((error: unknown) => this.#book.rejectStream(serial, error))
    return { serial, opened, ended }
  }

  /** Whether the stream is over: nothing more may be sent on it. */
  isStreamOver(serial: number): boolean {
    return !this.#book.hasStream(serial)
  }

  sendStream(procedure: number, serial: number, status: number, payload: Buffer): void {
    if (this.#ended !== undefined) return
    const header = { ...remotePacket(procedure, serial), type: packetType.stream, status }
    this.#write(encodePacket({ ...header, payload }))
  }

  /** The daemon drops the stream, and says nothing more on it but that it did. */
  cancelStream({ number }: CallName, serial: number): void {
    this.sendStream(number, serial, packetStatus.error, Buffer.alloc(0))
  }

  /** Resolves when more may be written, or when the session ended. */
  drained(): Promise<void> {
    const { writable } = this.#transport
    if (this.#ended !== undefined || !writable.writableNeedDrain) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        writable.off('drain', done).off('close', done)
        resolve()
      }
      writable.on('drain', done).on('close', done)
    })
  }

  startKeepAlive(intervalMs: number, count: number): void {
    if (this.#ended !== undefined || intervalMs === 0) return
    this.#keepAlive = new KeepAlive({
      intervalMs,
      count,
      ping: () => this.#write(encodePacket(keepAlivePacket(keepAliveProcedure.ping))),
      onSilence: (silentMs) => this.end(connectionLost(`no sign of life for ${silentMs} ms`)),
    })
  }

  /** Ends it at once. */
  end(reason: LibvirtError): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    this.#keepAlive?.stop()
    this.#transport.destroy()
    this.#book.rejectAll(reason)
    this.#options.onEnd(reason)
  }

  /**
   * @param onLateSuccess - called with the serial where the call succeeds after it was given up
   * @returns serial 0 where it was not even sent
   */
  #start(
    call: CallName,
    payload: Buffer,
    bound: CallBound,
    onLateSuccess?: (serial: number) => void,
  ): { serial: number; promise: Promise<Buffer> } {
    if (bound.signal?.aborted === true) return { serial: 0, promise: Promise.reject(bound.signal.reason) }
    if (this.#ended !== undefined) return { serial: 0, promise: Promise.reject(this.#ended) }
    const serial = this.#nextSerial()
    const bytes = encodePacket({ ...remotePacket(call.number, serial), payload })
    const promise = this.#book.reply(call, serial, bound, onLateSuccess && (() => onLateSuccess(serial)))
    this.#write(bytes)
    return { serial, promise }
  }

  #receive(chunk: Buffer): void {
    if (this.#ended !== undefined) return
    this.#keepAlive?.heard()
    try {
      this.#splitter.push(chunk, (packet) => this.#take(packet))
    } catch (error) {
      this.end(error instanceof LibvirtError ? error : protocolFault('what it sent cannot be handled', error))
    }
  }

  #take(packet: Packet): void {
    if (this.#ended !== undefined) return
    if (packet.version !== 1) throw protocolFault(`a packet of version ${packet.version}`)
    if (packet.program === program.keepalive) {
      if (packet.procedure === keepAliveProcedure.ping)
        this.#write(encodePacket(keepAlivePacket(keepAliveProcedure.pong)))
      return
    }
    if (packet.program !== program.remote)
      throw protocolFault(`a packet of program 0x${packet.program.toString(16)}`)
    if (packet.type === packetType.message) this.#options.onMessage(packet.procedure, packet.payload)
    else if (packet.type === packetType.reply || packet.type === packetType.stream) this.#book.settle(packet)
    else throw protocolFault(`a packet of type ${packet.type}`)
  }

  /** Writes that happen in one turn of the event loop leave in one system call. */
  #write(bytes: Buffer): void {
    const { writable } = this.#transport
    if (!this.#isCorked) {
      this.#isCorked = true
      writable.cork()
      process.nextTick(() => {
        this.#isCorked = false
        writable.uncork()
      })
    }
    writable.write(bytes)
  }

  async #lose(cause: Error | undefined): Promise<void> {
    if (this.#ended !== undefined) return
    const words = (await this.#transport.lastWords?.()) ?? ''
    this.end(connectionLost(words === '' ? (cause?.message ?? 'the daemon closed it') : words, cause))
  }

  #nextSerial(): number {
    do this.#lastSerial = (this.#lastSerial % 0xffff_ffff) + 1
    while (this.#book.isTaken(this.#lastSerial))
    return this.#lastSerial
  }
}

const remotePacket = (procedure: number, serial: number): Omit<Packet, 'payload'> => ({
  program: program.remote,
  version: 1,
  procedure,
  type: packetType.call,
  serial,
  status: packetStatus.ok,
})
