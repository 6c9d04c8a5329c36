import { request as httpRequest, type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { readBody } from './worker.js'

/** One whole answer. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly trailers: NodeJS.Dict<string>
}

/** What to send. */
export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Default a connection of its own. */
  readonly agent?: Agent
}

/** Sends one request and reads the whole answer. Rejects when it breaks off. */
export async function send(port: number, { body, agent, path = '/', ...rest }: Sent = {}): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, agent: agent ?? false, ...rest }, resolve)
    request.once('error', reject)
    request.end(body)
  })
  const text = await readBody(response)
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: text.toString(),
    trailers: response.trailers,
  }
}

/** A connection on which the test writes and reads the bytes itself. */
export interface RawClient {
  readonly socket: Socket
  readonly received: () => string
  /** Resolves once what was received matches. */
  readonly until: (pattern: RegExp) => Promise<void>
  readonly closed: Promise<void>
}

export async function connectRaw(port: number, firstBytes = ''): Promise<RawClient> {
  const socket = connect({ host: '127.0.0.1', port })
  let received = ''
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  onTestFinished(() => void socket.destroy())
  if (firstBytes !== '') socket.write(firstBytes, 'latin1')
  const until = async (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(received)) resolve()
      }
      socket.on('data', look)
      socket.once('close', () => reject(new Error(`closed; received ${JSON.stringify(received)}`)))
      look()
    })
  return { socket, received: () => received, until, closed }
}

/** Waits for something that is about to be true, for as long as a test may take. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 2))
}
