import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'

/** One request, with everything that bounds it. */
export interface BoundedRequest {
  /** `http:` or `https:`, without credentials. */
  readonly url: URL
  /** Default GET. */
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
  /** A body longer than this is refused, or cut off when `cutLongBody`. */
  readonly maxBytes: number
  readonly cutLongBody?: boolean | undefined
  /** PEM text of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
  /** Takes any certificate. */
  readonly allowUntrusted?: boolean | undefined
  readonly signal: AbortSignal
}

/** What came back of a request. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The answer began and did not end as it should. */
export class BrokenAnswer extends Error {
  readonly isTooLong: boolean

  constructor(message: string, facts: { readonly isTooLong?: boolean; readonly cause?: unknown } = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'BrokenAnswer'
    this.isTooLong = facts.isTooLong ?? false
  }
}

/**
 * The answer to one request on a connection of its own, closed afterwards: no socket stays open to a machine that goes
 * away. Redirects are answers like any other. There is no timer: the signal is the bound.
 *
 * @throws the signal's reason; BrokenAnswer when the body breaks off or is too long; else Node's own network error
 */
export function boundedRequest(options: BoundedRequest): Promise<HttpAnswer> {
  const { url, method = 'GET', headers, body, signal } = options
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const request = send(url, {
      method,
      // A caller's own header, such as Host, wins.
      headers: { 'user-agent': 'flotilla', 'accept-encoding': 'identity', ...headers, connection: 'close' },
      agent: false,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      ...(options.allowUntrusted === true ? { rejectUnauthorized: false } : {}),
    })
    const abort = (): void => {
      finish(() => reject(signal.reason))
    }
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', abort)
      settle()
      request.destroy()
    }
    signal.addEventListener('abort', abort, { once: true })
    // Stays attached: destroying the request may emit an error after the promise has settled.
    request.on('error', (error) => finish(() => reject(error)))
    const closedEarly = (): void => finish(() => reject(new Error('the connection closed without an answer')))
    request.on('close', closedEarly)
    request.on('response', (response) => {
      // From here on the response tells how it ends; the request may close before its last bytes are read.
      request.off('close', closedEarly)
      readBody(response, options).then(
        (text) =>
          finish(() => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })),
        (error) => finish(() => reject(error)),
      )
    })
    request.end(body)
  })
}

function readBody(
  response: IncomingMessage,
  { maxBytes, cutLongBody = false }: BoundedRequest,
): Promise<string> {
  const status = response.statusCode ?? 0
  const chunks: Buffer[] = []
  let length = 0
  // TextDecoder drops a byte order mark, which JSON.parse would refuse.
  const text = (): string => new TextDecoder().decode(Buffer.concat(chunks))
  return new Promise((resolve, reject) => {
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= maxBytes) chunks.push(chunk)
      else if (cutLongBody) resolve(text())
      else reject(new BrokenAnswer(`answered more than ${maxBytes} bytes`, { isTooLong: true }))
    })
    response.on('end', () => resolve(text()))
    response.on('close', () => reject(new BrokenAnswer(`answered ${status}, then broke off`)))
    response.on('error', (error) =>
      reject(new BrokenAnswer(`answered ${status}, then broke off: ${error.message}`, { cause: error })),
    )
  })
}
