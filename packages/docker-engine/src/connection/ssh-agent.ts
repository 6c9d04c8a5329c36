import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { Agent, type AgentOptions } from 'node:http'
import { Duplex } from 'node:stream'

/** A host to reach with the system's `ssh`. */
export interface SshTarget {
  readonly host: string
  readonly port: number | undefined
  readonly user: string | undefined
}

/** What `ssh` says before it gives up is kept up to this much. */
const longestWords = 2000

/**
 * Connections to a remote engine as the docker command makes them: `ssh HOST docker system dial-stdio`. So the user's
 * own keys, agent, configuration and known hosts apply; dockerode's own ssh client would take any host key.
 */
export class SshAgent extends Agent {
  readonly #target: SshTarget

  constructor(target: SshTarget, options: AgentOptions) {
    super(options)
    this.#target = target
  }

  override createConnection(): Duplex {
    return new SshConnection(spawn('ssh', sshArguments(this.#target), { stdio: 'pipe' }), this.#target.host)
  }
}

export function sshArguments({ host, port, user }: SshTarget): readonly string[] {
  return [
    '-T',
    // It must fail where it would ask.
    '-o',
    'BatchMode=yes',
    '-o',
    'ConnectTimeout=15',
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    '--',
    host,
    'docker system dial-stdio',
  ]
}

/** A child's stdin and stdout as one connection. Its end is the child's end, and the other way round. */
export class SshConnection extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams
  #words = ''

  constructor(child: ChildProcessWithoutNullStreams, host: string) {
    super()
    this.#child = child
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString()).slice(-longestWords)
    })
    child.stdin.on('error', () => {})
    child.on('error', (error) => this.destroy(error))
    // Later than the end of its output, and with the reason.
    child.on('close', (code, signal) => {
      if (code === 0) {
        this.push(null)
        return
      }
      const words = this.#words.trim()
      const end = signal ?? `exit code ${code}`
      this.destroy(new Error(`ssh ${host}: ${words === '' ? end : `${words} (${end})`}`))
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // What cannot be written to a child that is gone, its end explains.
    this.#child.stdin.write(chunk, () => done())
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill()
    done(error)
  }

  // What node:http asks of a socket, and a pipe has no use for.
  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    this.#child.ref()
    for (const pipe of this.#pipes()) pipe.ref?.()
    return this
  }

  /** An idle connection does not keep the program alive. */
  unref(): this {
    this.#child.unref()
    for (const pipe of this.#pipes()) pipe.unref?.()
    return this
  }

  /** A child's pipes are sockets, whatever their type says. */
  #pipes(): readonly { ref?(): void; unref?(): void }[] {
    const { stdin, stdout, stderr } = this.#child
    return [stdin, stdout, stderr] as unknown as readonly { ref?(): void; unref?(): void }[]
  }
}
