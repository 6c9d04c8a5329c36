import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallOptions } from '@flotilla/core'
import type { FlotillaError } from '@flotilla/core'
import type Docker from 'dockerode'
import type { ContainerApi, ContainerState, ExecResult, TopTable } from './container-api.js'

/** Log lines asked for at most. */
const mostLogLines = 200

/** An engine, and how its failures are told. */
export interface ContainerConnection {
  readonly docker: Docker
  /** Whether it is on this machine. */
  readonly isLocal: boolean
  readonly failure: (what: string, cause: unknown) => FlotillaError
  readonly close: () => void
}

/** A container of Docker Engine, or of what speaks its API. */
export class DockerodeContainer implements ContainerApi {
  readonly name: string
  readonly #connect: () => Promise<ContainerConnection>
  #connection: Promise<ContainerConnection> | undefined
  #isLocal = false

  /** @param connect - called when the engine is first needed: those who have Nginx elsewhere do not wait for it */
  constructor(name: string, connect: () => Promise<ContainerConnection>) {
    this.name = name
    this.#connect = connect
  }

  /** As far as it has been reached. */
  get isLocal(): boolean {
    return this.#isLocal
  }

  inspect({ signal }: CallOptions): Promise<ContainerState> {
    return this.#call('inspect', signal, async (container) =>
      stateOf(await container.inspect({ abortSignal: signal })),
    )
  }

  exec(argv: readonly string[], { signal }: CallOptions): Promise<ExecResult> {
    return this.#call(`run ${argv.join(' ')} in`, signal, async (container) => {
      const exec = await container.exec({
        Cmd: [...argv],
        // Messages are read by words, which must not depend on the image's language.
        Env: ['LC_ALL=C'],
        AttachStdout: true,
        AttachStderr: true,
        abortSignal: signal,
      })
      const stream = await exec.start({ hijack: true, stdin: false, abortSignal: signal })
      const [stdout, stderr] = await demultiplexed(exec, stream, signal)
      return { exitCode: await exitCodeOf(exec, signal), stdout, stderr }
    })
  }

  upload(directory: string, archive: Buffer, { signal }: CallOptions): Promise<void> {
    return this.#call(`upload to ${directory} of`, signal, async (container) => {
      await container.putArchive(archive, { path: directory, abortSignal: signal })
    })
  }

  download(path: string, { signal }: CallOptions): Promise<Buffer | undefined> {
    return this.#call(`download ${path} of`, signal, async (container) => {
      try {
        return await buffer(await container.getArchive({ path, abortSignal: signal }))
      } catch (error) {
        if (statusOf(error) !== 404) throw error
        // 404 is said of a path as of a container; a container that is there tells them apart.
        await container.inspect({ abortSignal: signal })
        return undefined
      }
    })
  }

  top({ signal }: CallOptions): Promise<TopTable> {
    return this.#call('list the processes of', signal, async (container) => {
      const { Titles, Processes } = (await container.top({ abortSignal: signal })) as {
        readonly Titles: readonly string[] | null
        readonly Processes: readonly (readonly string[])[] | null
      }
      return { titles: Titles ?? [], processes: Processes ?? [] }
    })
  }

  signal(name: 'SIGHUP', { signal }: CallOptions): Promise<void> {
    return this.#call(`send ${name} to`, signal, async (container) => {
      await container.kill({ signal: name, abortSignal: signal })
    })
  }

  logs(sinceMs: number, { signal }: CallOptions): Promise<string> {
    return this.#call('read the log of', signal, async (container) => {
      const raw: unknown = await container.logs({
        stdout: true,
        stderr: true,
        since: Math.floor(sinceMs / 1000),
        tail: mostLogLines,
        abortSignal: signal,
      })
      // Frames of eight bytes stand between the lines; what is looked for is looked for within them.
      return String(raw)
    })
  }

  async #call<T>(
    attempted: string,
    signal: AbortSignal,
    work: (container: Docker.Container) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    const { docker, failure } = await this.#open()
    try {
      return await work(docker.getContainer(this.name))
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw failure(`${attempted} container ${this.name}`, error)
    }
  }

  async #open(): Promise<ContainerConnection> {
    try {
      this.#connection ??= this.#connect()
      const connection = await this.#connection
      this.#isLocal = connection.isLocal
      return connection
    } catch (error) {
      // What is wrong with it, a variable or a file say, may be mended.
      this.#connection = undefined
      throw error
    }
  }
}

/** Engines leave out what they do not know. */
function stateOf({ Id, State, NetworkSettings }: Docker.ContainerInspectInfo): ContainerState {
  const networks = Object.values(NetworkSettings.Networks ?? {})
  const ports = Object.entries(NetworkSettings.Ports ?? {})
  return {
    id: Id,
    status: State.Status,
    exitCode: State.ExitCode,
    startedAt: State.StartedAt,
    mainPid: State.Pid,
    addresses: networks.flatMap(({ IPAddress, GlobalIPv6Address }) =>
      [IPAddress, GlobalIPv6Address].filter((address) => address !== undefined && address !== ''),
    ),
    published: ports.flatMap(([inside, bindings]) => {
      const [, from] = /^(\d+)\/tcp$/.exec(inside) ?? []
      if (from === undefined) return []
      return (bindings ?? []).map(({ HostIp, HostPort }) => {
        const isAnywhere = HostIp === '' || HostIp === '0.0.0.0' || HostIp === '::'
        return { host: isAnywhere ? '127.0.0.1' : HostIp, from: Number(from), to: Number(HostPort) }
      })
    }),
  }
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined

/** The output may end a moment before the engine knows that the program did. */
async function exitCodeOf(exec: Docker.Exec, signal: AbortSignal): Promise<number> {
  for (;;) {
    const { ExitCode } = await exec.inspect({ abortSignal: signal })
    if (ExitCode !== null) return ExitCode
    await sleep(20, undefined, { signal })
  }
}

async function demultiplexed(
  exec: Docker.Exec,
  stream: NodeJS.ReadWriteStream & { destroy(): void },
  signal: AbortSignal,
): Promise<readonly [stdout: string, stderr: string]> {
  const out = new PassThrough()
  const err = new PassThrough()
  const { modem } = exec as unknown as { readonly modem: Docker['modem'] }
  modem.demuxStream(stream, out, err)
  const stop = (): void => stream.destroy()
  signal.addEventListener('abort', stop, { once: true })
  const texts = Promise.all([buffer(out), buffer(err)])
  try {
    await finished(stream, { writable: false })
  } finally {
    signal.removeEventListener('abort', stop)
    out.end()
    err.end()
  }
  const [stdout, stderr] = await texts
  return [stdout.toString('utf8'), stderr.toString('utf8')]
}
