import type Docker from 'dockerode'

/** A line may be of any length: no more than this is read of a log. */
const longestLogBytes = 2 ** 20

export interface LogRequest {
  /** `containers/ID` or `tasks/ID`. */
  readonly of: string
  readonly lines: number
  readonly signal: AbortSignal
}

/** dockerode's own call gives a stream only of a log that is followed, else all of it at once. */
export async function openLog(
  docker: Docker,
  { of, lines, signal }: LogRequest,
): Promise<AsyncIterable<Buffer>> {
  const request = {
    path: `/${of}/logs?`,
    method: 'GET',
    isStream: true,
    abortSignal: signal,
    options: { stdout: true, stderr: true, tail: lines },
    statusCodes: { 200: true, 404: 'no such container or task', 500: 'server error' },
  }
  return dial<AsyncIterable<Buffer>>(docker, request)
}

/** A request as dockerode's own calls make them. */
export async function dial<T>(docker: Docker, request: object): Promise<T> {
  const modem = docker.modem as Modem
  return new Promise((resolve, reject) => {
    modem.dial(request, (error, answer) => {
      if (error instanceof Error) reject(error)
      else resolve(answer as T)
    })
  })
}

interface Modem {
  dial(request: object, done: (error: unknown, answer: unknown) => void): void
}

export async function someOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const read: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    read.push(chunk)
    bytes += chunk.length
    if (bytes >= longestLogBytes) break
  }
  return Buffer.concat(read)
}
