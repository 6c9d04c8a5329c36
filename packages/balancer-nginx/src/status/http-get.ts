import { request } from 'node:http'

/** An answer longer than this is not ours. */
const longestBodyBytes = 64 * 1024

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/**
 * The answer to a GET on a connection of its own: on one that is kept, a leaving worker would go on answering. The signal
 * is the bound.
 *
 * @throws the signal's reason, or Node's own network error
 */
export function httpGet(url: URL, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    // A callback that is called twice settles once; destroying the request afterwards may raise an error again.
    const asked = request(url, { agent: false, headers: { connection: 'close' }, signal }, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length <= longestBodyBytes) chunks.push(chunk)
        else asked.destroy(new Error(`answered more than ${longestBodyBytes} bytes`))
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      )
      response.on('error', reject)
    })
    asked.on('error', (error) => reject(signal.aborted ? signal.reason : error))
    asked.end()
  })
}
