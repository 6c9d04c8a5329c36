import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePacket, packetStatus, packetType, program, type Packet } from '../src/wire/packet.js'
import { PacketSplitter } from '../src/wire/packet-splitter.js'
import { XdrWriter } from '../src/wire/xdr-writer.js'

/** One client's connection, as a handler sees it. */
export class FakeClient {
  readonly socket: Socket
  /** All packets of the remote program that came over it. */
  readonly heard: Packet[] = []
  pings = 0
  pongs = 0

  constructor(socket: Socket) {
    this.socket = socket
  }

  send(packet: Partial<Packet> & { readonly procedure: number }): void {
    this.socket.write(
      encodePacket({
        program: program.remote,
        version: 1,
        type: packetType.reply,
        serial: 0,
        status: packetStatus.ok,
        payload: Buffer.alloc(0),
        ...packet,
      }),
    )
  }

  reply(to: Packet, payload: Buffer = Buffer.alloc(0)): void {
    this.send({ procedure: to.procedure, serial: to.serial, payload })
  }

  refuse(to: Packet, code: number, message: string, domain = 10): void {
    const payload = errorPayload(code, message, domain)
    this.send({ procedure: to.procedure, serial: to.serial, status: packetStatus.error, payload })
  }
}

export function errorPayload(code: number, message: string, domain: number): Buffer {
  const writer = new XdrWriter().int(code).int(domain).optionalString(message).int(2)
  return writer.uint(0).uint(0).uint(0).uint(0).int(0).int(0).uint(0).finish()
}

export type Handler = (client: FakeClient, packet: Packet) => void

export const xdr = (): XdrWriter => new XdrWriter()
export const intPayload = (value: number): Buffer => xdr().int(value).finish()
export const versionPayload: Buffer = xdr().uhyper(9_000_000n).finish()

/** Procedures that a client meets before any other, by number. */
export const procedures = {
  open: 1,
  close: 2,
  supportsFeature: 60,
  authList: 66,
  authPolkit: 70,
  version: 157,
}

/** A daemon in this process that does what a test tells it, and the handshake unless told otherwise. */
export class FakeLibvirtd {
  readonly clients: FakeClient[] = []
  readonly directory: string
  readonly #server: Server
  readonly #handlers: Map<number, Handler>

  private constructor(directory: string, handlers: Map<number, Handler>) {
    this.directory = directory
    this.#handlers = handlers
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async start(handlers: Readonly<Record<number, Handler>> = {}): Promise<FakeLibvirtd> {
    const directory = await mkdtemp(join(tmpdir(), 'fake-libvirtd-'))
    const defaults: Record<number, Handler> = {
      [procedures.authList]: (client, packet) => client.reply(packet, xdr().uint(1).int(0).finish()),
      [procedures.open]: (client, packet) => client.reply(packet),
      [procedures.close]: (client, packet) => client.reply(packet),
      [procedures.supportsFeature]: (client, packet) => client.reply(packet, intPayload(1)),
      [procedures.version]: (client, packet) => client.reply(packet, versionPayload),
    }
    const all = Object.entries({ ...defaults, ...handlers })
    const daemon = new FakeLibvirtd(
      directory,
      new Map(all.map(([number, handle]) => [Number(number), handle])),
    )
    await daemon.listen()
    return daemon
  }

  get socketPath(): string {
    return join(this.directory, 'sock')
  }

  get uri(): string {
    return `qemu:///system?socket=${this.socketPath}`
  }

  get client(): FakeClient {
    const client = this.clients.at(-1)
    if (client === undefined) throw new Error('no client came')
    return client
  }

  on(procedure: number, handler: Handler): void {
    this.#handlers.set(procedure, handler)
  }

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(this.socketPath, resolve)
    })
  }

  /** Nobody can connect until `listen`. */
  async stopListening(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    this.cut()
    await closed
  }

  /** Ends all connections, as a daemon that is killed does. */
  cut(): void {
    for (const { socket } of this.clients) socket.destroy()
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.stopListening()
    await rm(this.directory, { recursive: true, force: true })
  }

  #accept(socket: Socket): void {
    const client = new FakeClient(socket)
    this.clients.push(client)
    const splitter = new PacketSplitter()
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => splitter.push(chunk, (packet) => this.#take(client, packet)))
  }

  #take(client: FakeClient, packet: Packet): void {
    if (packet.program === program.keepalive) {
      if (packet.procedure === 1) client.pings += 1
      else client.pongs += 1
      return
    }
    client.heard.push(packet)
    const handle = this.#handlers.get(packet.procedure)
    if (handle === undefined) client.refuse(packet, 38, `no handler for ${packet.procedure}`)
    else handle(client, packet)
  }
}
