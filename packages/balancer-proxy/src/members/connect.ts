import type { Socket } from 'node:net'
import { MemberSocket } from './member-socket.js'

/** Where to connect, and how long to try. */
export interface ConnectOptions {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
}

/** A host that vanished without a word is noticed after this long and ten seconds more. */
const keepAliveProbeMs = 10_000

/** Gives a socket at once, and a promise of it once it is connected, which rejects when that fails or takes too long. */
export function connect({ host, port, timeoutMs }: ConnectOptions): {
  readonly socket: Socket
  readonly connected: Promise<void>
} {
  const socket = new MemberSocket()
    .setNoDelay(true)
    .setKeepAlive(true, keepAliveProbeMs)
    .connect({ host, port })
  const connected = new Promise<void>((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => {
      if (socket.connecting) socket.destroy(new Error(`no connection within ${timeoutMs} ms`))
    })
    socket.once('connect', () => {
      socket.setTimeout(0)
      resolve()
    })
    // It stays: whoever uses the socket listens for its own errors, and between two users nobody would.
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('closed while connecting')))
  })
  return { socket, connected }
}
