import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net'
import type { BalancerMember } from '@flotilla/core'
import { onTestFinished } from 'vitest'

/** A member that a test started, with what it saw. */
export interface Worker {
  readonly member: BalancerMember
  readonly server: Server
  /** Heads of the requests it got, in order. */
  readonly requests: readonly IncomingMessage[]
  /** Connections it took. */
  readonly connectionCount: () => number
  readonly stop: () => Promise<void>
}

let lastId = 0

/** A real HTTP server on loopback. Stops with its test. */
export async function startWorker(
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
  { id = `w${(lastId += 1)}`, ...options }: { id?: string; keepAliveTimeout?: number; port?: number } = {},
): Promise<Worker> {
  const requests: IncomingMessage[] = []
  let connectionCount = 0
  const server = createServer((request, response) => {
    requests.push(request)
    handler(request, response)
  })
  server.keepAliveTimeout = options.keepAliveTimeout ?? 5000
  server.on('connection', () => (connectionCount += 1))
  const port = await listen(server, options.port)
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await closeServer(server)
  }
  onTestFinished(stop)
  return {
    member: { id, host: '127.0.0.1', port },
    server,
    requests,
    connectionCount: () => connectionCount,
    stop,
  }
}

/** A worker that answers every request with its own id, once it has the whole body. */
export async function startNamed(id: string): Promise<Worker> {
  return startWorker((request, response) => request.resume().once('end', () => response.end(id)), { id })
}

/** A member that speaks no HTTP of its own: the test writes every byte. */
export async function startRawMember(
  onConnection: (socket: Socket) => void,
  id: string = `r${(lastId += 1)}`,
): Promise<BalancerMember> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  const port = await listen(server)
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await closeServer(server)
  })
  return { id, host: '127.0.0.1', port }
}

/** A member that nobody listens for. */
export async function refusingMember(id: string): Promise<BalancerMember> {
  const server = createTcpServer()
  const port = await listen(server)
  await closeServer(server)
  return { id, host: '127.0.0.1', port }
}

export async function readText(stream: NodeJS.ReadableStream): Promise<string> {
  return (await readBody(stream)).toString()
}

export async function readBody(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

async function listen(server: TcpServer, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

async function closeServer(server: TcpServer): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
}
