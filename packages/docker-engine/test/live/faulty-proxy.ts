import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * What becomes of the next request that a rule fits.
 *
 * - `fail`: it is answered 500 with this text, and the engine never hears of it
 * - `lose-reply`: the engine does it, and the connection breaks before the answer
 * - `hang`: the engine never hears of it, and no answer comes
 */
export type ProxyFault =
  | { readonly kind: 'fail'; readonly message: string }
  | { readonly kind: 'lose-reply' }
  | { readonly kind: 'hang' }

interface Rule {
  readonly method: string
  readonly path: RegExp
  readonly fault: ProxyFault
  readonly onHit: (() => void) | undefined
}

/** A way to the engine on which things go wrong as they do on a real one. */
export class FaultyProxy {
  readonly socketPath: string
  /** Every request, as `POST /containers/create?name=x`. */
  readonly requests: string[] = []
  readonly #directory: string
  readonly #server: Server
  readonly #rules: Rule[] = []
  /** Chance of a broken connection at each request, before and after the engine does it; 0..1. */
  lossRatio = 0
  random: () => number = Math.random
  /** What a proxy with few rights lets through; the rest is answered 403. */
  allows: (method: string, path: string) => boolean = () => true

  private constructor(directory: string, engineSocket: string) {
    this.#directory = directory
    this.socketPath = join(directory, 'docker.sock')
    this.#server = createServer((incoming, answer) => this.#handle(engineSocket, incoming, answer))
    this.#server.on('upgrade', (...given) => this.#handOver(engineSocket, ...given))
  }

  static async open(engineSocket: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(await mkdtemp(join(tmpdir(), 'flotilla-proxy-')), engineSocket)
    await new Promise<void>((resolve) => void proxy.#server.listen(proxy.socketPath, resolve))
    return proxy
  }

  /** @param onHit - called when the request comes */
  arm(method: string, path: RegExp, fault: ProxyFault, onHit?: () => void): void {
    this.#rules.push({ method, path, fault, onHit })
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()))
    await rm(this.#directory, { recursive: true, force: true })
  }

  #handle(engineSocket: string, incoming: IncomingMessage, answer: ServerResponse): void {
    const { method = '', url = '' } = incoming
    this.requests.push(`${method} ${url}`)
    const index = this.#rules.findIndex((rule) => rule.method === method && rule.path.test(url))
    const [rule] = index < 0 ? [] : this.#rules.splice(index, 1)
    const fault = rule?.fault
    rule?.onHit?.()
    const isStream = url.startsWith('/events')
    if (!this.allows(method, url)) {
      answer.writeHead(403, { 'content-type': 'text/html' }).end('<html>Request forbidden</html>')
      return
    }
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'fail') {
      answer
        .writeHead(500, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message: fault.message }))
      return
    }
    if (!isStream && this.random() < this.lossRatio) {
      incoming.socket.destroy()
      return
    }
    const losesReply = fault?.kind === 'lose-reply' || (!isStream && this.random() < this.lossRatio)
    const { headers } = incoming
    const forwarded = request(
      { socketPath: engineSocket, method, path: url, headers, agent: false },
      (said) => {
        if (losesReply) {
          said.resume().on('end', () => incoming.socket.destroy())
          return
        }
        answer.writeHead(said.statusCode ?? 502, said.headers)
        // As an engine does: a stream begins before its first event.
        answer.flushHeaders()
        said.pipe(answer)
        said.on('error', () => answer.destroy())
      },
    )
    // A daemon that goes away breaks the connection to whoever asked.
    forwarded.on('error', () => incoming.socket.destroy())
    answer.on('close', () => {
      if (isStream) forwarded.destroy()
    })
    incoming.pipe(forwarded)
  }

  /** The connection of an `exec` is nobody's but its two ends' once it is upgraded. */
  #handOver(engineSocket: string, incoming: IncomingMessage, client: Duplex, head: Buffer): void {
    const { method = '', url = '', rawHeaders } = incoming
    this.requests.push(`${method} ${url}`)
    if (!this.allows(method, url)) {
      client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    const lines = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
    )
    const engine = connect(engineSocket)
    engine.write(`${method} ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    engine.write(head)
    engine.pipe(client).pipe(engine)
    engine.on('error', () => client.destroy())
    client.on('error', () => engine.destroy())
  }
}
