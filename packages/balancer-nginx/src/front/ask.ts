import { request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { errnoOf, messageOf } from '@flotilla/core/authoring'
import type { Place } from './place.js'

/** What came back of one question. */
export type FrontAnswer =
  /** Our server answered, with the generation that it has. */
  | { readonly kind: 'ours'; readonly generation: string }
  /** Somebody else answered. */
  | { readonly kind: 'other'; readonly words: string }
  /** Nobody listens there. */
  | { readonly kind: 'refused'; readonly words: string }
  /** No answer came, or one that says nothing about who answers. */
  | { readonly kind: 'silent'; readonly words: string }

/** An answer longer than this is not ours. */
const longestBodyBytes = 4096

/**
 * Asks for the generation on a connection of its own, as a new client would: on one that is kept, a leaving worker would
 * go on answering. Certificates are not looked at: who answers is told by the answer. The signal is the bound.
 *
 * @throws the signal's reason
 */
export async function askFront(place: Place, signal: AbortSignal): Promise<FrontAnswer> {
  try {
    const { status, body } = await get(place, signal)
    if (status === 200 && /^[0-9a-f]{16}$/.test(body)) return { kind: 'ours', generation: body }
    if (status === 400 && /certificate/i.test(body)) {
      return { kind: 'silent', words: 'it asks for a certificate' }
    }
    return { kind: 'other', words: `answered ${status}${titleOf(body)}` }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const errno = errnoOf(error)
    const words = errno ?? messageOf(error)
    return errno === 'ECONNREFUSED' || (errno === 'ENOENT' && 'socketPath' in place.connect)
      ? { kind: 'refused', words: `nobody listens there (${words})` }
      : { kind: 'silent', words }
  }
}

interface Answer {
  readonly status: number
  readonly body: string
}

function get(place: Place, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { connect } = place
    const socket = 'socketPath' in connect ? connectPlain(connect.socketPath) : connectPlain(connect)
    socket.once('error', reject)
    const stop = (): void => void socket.destroy()
    signal.addEventListener('abort', stop, { once: true })
    socket.once('close', () => {
      signal.removeEventListener('abort', stop)
      reject(signal.aborted ? signal.reason : new Error('the connection was closed without an answer'))
    })
    socket.once('connect', () => {
      if (place.hasProxyProtocol) socket.write('PROXY UNKNOWN\r\n')
      const asked = ask(place, place.isTls ? secured(socket, place, reject) : socket)
      asked.on('error', reject)
      asked.on('response', (response) => void read(response).then(resolve, reject).finally(stop))
    })
  })
}

function secured(socket: Socket, { hostName }: Place, onError: (error: Error) => void): Socket {
  const over = connectTls({ socket, servername: hostName, rejectUnauthorized: false })
  over.once('error', onError)
  return over
}

function ask({ hostName, path }: Place, socket: Socket): ClientRequest {
  const asked = plainRequest({
    path,
    createConnection: () => socket,
    headers: { host: hostName, connection: 'close' },
  })
  asked.end()
  return asked
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > longestBodyBytes) break
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }
}

/** What a page calls itself: it often tells whose it is. */
function titleOf(body: string): string {
  const [, title = ''] = /<title>\s*([^<]{1,80})/i.exec(body) ?? []
  return title.trim() === '' ? '' : ` "${title.trim()}"`
}
