import { lastLines } from '@flotilla/core/authoring'
import type Docker from 'dockerode'
import { isNotFound, isUnreadableLog } from '../answer.js'

/** A line may be of any length: no more than this is read of a log. */
const longestLogBytes = 2 ** 20

/** Which log is wanted, and how many of its last lines. */
export interface LogRequest {
  /** `containers/ID` or `tasks/ID`. */
  readonly of: string
  readonly lines: number
  readonly signal: AbortSignal
}

/** The last lines of a log, as the engine keeps them: framed or not. */
export async function readLog(docker: Docker, request: LogRequest): Promise<Buffer> {
  return beginningOf(await openLog(docker, request))
}

/** The log as a stream: dockerode's own call gives a stream of a followed log only, else all of it at once. */
async function openLog(docker: Docker, { of, lines, signal }: LogRequest): Promise<AsyncIterable<Buffer>> {
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

async function beginningOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const read: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    read.push(chunk)
    bytes += chunk.length
    if (bytes >= longestLogBytes) break
  }
  return Buffer.concat(read)
}

/** Lines that are asked for: more than are shown, for some are empty. */
const askedLines = 30

/**
 * The last lines of a log, in plain text; undefined where the engine keeps no log, or knows no such container.
 *
 * @param read - reads so many lines
 * @param secrets - values that are hidden
 */
export async function lastOutputOf(
  read: (lines: number) => Promise<Buffer>,
  secrets: readonly string[],
): Promise<string | undefined> {
  try {
    return lastLines(logText(await read(askedLines)), { secrets })
  } catch (error) {
    if (isNotFound(error) || isUnreadableLog(error)) return undefined
    throw error
  }
}

/** A frame's header: its stream, three zeros, and the length of what follows. */
const headerBytes = 8

/**
 * The text of a container's log. Without a terminal each piece is in a frame, which names its stream; with one the bytes
 * stand as they were written. The last frame may be cut off.
 */
export function logText(bytes: Buffer): string {
  const parts: Buffer[] = []
  let at = 0
  while (at + headerBytes <= bytes.length) {
    const isHeader = bytes.readUInt8(at) <= 2 && bytes.readUIntBE(at + 1, 3) === 0
    if (!isHeader) return bytes.toString('utf8')
    const end = at + headerBytes + bytes.readUInt32BE(at + 4)
    parts.push(bytes.subarray(at + headerBytes, end))
    at = end
  }
  return parts.length === 0 ? bytes.toString('utf8') : Buffer.concat(parts).toString('utf8')
}
