import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Address } from '../../src/model.js'

/** An HTTP server on a free loopback port, gone when the test ends. */
export async function serveHttp(listener: RequestListener, host: string = '127.0.0.1'): Promise<Loopback> {
  return listenUntilTestEnds(createHttpServer(listener), host)
}

/** A server that is handed bare connections. */
export async function serveTcp(onConnection: (socket: Socket) => void): Promise<Loopback> {
  return listenUntilTestEnds(createServer(onConnection), '127.0.0.1')
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export interface Loopback {
  readonly address: Address
  readonly url: string
  /** Connections now open. */
  readonly openCount: () => number
  /** Resolves when no connection is open. */
  readonly allClosed: () => Promise<void>
}

export async function listenUntilTestEnds(server: Server, host: string): Promise<Loopback> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      server.emit('socket gone')
    })
  })
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  return {
    address: { host, port },
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    openCount: () => sockets.size,
    async allClosed() {
      while (sockets.size > 0) await once(server, 'socket gone')
    },
  }
}
