import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/** One request that Docker's API got. */
export interface EngineRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Buffer
}

export interface EngineAnswer {
  readonly status: number
  readonly json?: unknown
  readonly raw?: Buffer | undefined
}

/**
 * The part of Docker Engine's HTTP API that we call, on a socket of its own. Answers are as dockerd 20.10.24 gave them.
 */
export class FakeEngine {
  readonly socketPath: string
  readonly requests: EngineRequest[] = []
  /** What the next exec prints, as stdout and stderr, and its exit code. */
  exec = { stdout: '', stderr: '', exitCode: 0 }
  /** Times that the engine is asked how an exec ended before it knows. */
  slowExits = 0
  /** Keeps the output of an exec open for ever. */
  hangs = false
  answer: (request: EngineRequest) => EngineAnswer
  readonly #directory: string
  readonly #server: Server
  readonly #sockets = new Set<Duplex>()

  private constructor(directory: string) {
    this.#directory = directory
    this.socketPath = join(directory, 'docker.sock')
    this.answer = () => ({ status: 404, json: { message: 'page not found' } })
    this.#server = createServer((incoming, response) => void this.#serve(incoming, response))
    this.#server.on('connection', (socket) => this.#sockets.add(socket))
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
      // `start` of an exec: the connection becomes the stream of its output.
      this.#sockets.add(socket)
      socket.on('error', () => {})
      this.#note(incoming, Buffer.alloc(0))
      socket.write(
        'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
      )
      if (this.hangs) return
      socket.end(Buffer.concat([frame(1, this.exec.stdout), frame(2, this.exec.stderr)]))
    })
  }

  static async start(): Promise<FakeEngine> {
    const engine = new FakeEngine(await mkdtemp(join(tmpdir(), 'flotilla-engine-')))
    engine.#server.listen(engine.socketPath)
    await once(engine.#server, 'listening')
    return engine
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
    await rm(this.#directory, { recursive: true, force: true })
  }

  #note(incoming: IncomingMessage, body: Buffer): EngineRequest {
    const url = new URL(incoming.url ?? '/', 'http://docker')
    const request = { method: incoming.method ?? '', path: url.pathname, query: url.searchParams, body }
    this.requests.push(request)
    return request
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = this.#note(incoming, await buffer(incoming))
    const { status, json, raw } = this.#answerExec(request) ?? this.answer(request)
    response.writeHead(status, {
      'content-type': raw === undefined ? 'application/json' : 'application/x-tar',
    })
    response.end(raw ?? (json === undefined ? '' : JSON.stringify(json)))
  }

  #answerExec({ method, path }: EngineRequest): EngineAnswer | undefined {
    if (method === 'POST' && /^\/containers\/nginx-lb\/exec$/.test(path)) {
      return { status: 201, json: { Id: 'e1' } }
    }
    if (method === 'GET' && path === '/exec/e1/json') {
      const isKnown = this.slowExits === 0
      if (!isKnown) this.slowExits -= 1
      return { status: 200, json: { ExitCode: isKnown ? this.exec.exitCode : null, Running: !isKnown } }
    }
    return undefined
  }
}

/** How the engine marks what is stdout and what stderr. */
function frame(stream: 1 | 2, text: string): Buffer {
  const content = Buffer.from(text)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(content.length, 4)
  return content.length === 0 ? Buffer.alloc(0) : Buffer.concat([header, content])
}
