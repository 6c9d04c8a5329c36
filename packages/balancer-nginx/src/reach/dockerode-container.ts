import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallOptions } from '@flotilla/core'
import type Docker from 'dockerode'
import type { ContainerApi, ExecResult, TopTable } from './container-api.js'
import { dockerFailure, statusOf } from './docker-errors.js'
import type { DockerConnection } from './docker-connection.js'
import { refuseEnvironment, toDockerode } from './to-dockerode.js'

/** Log lines asked for at most. */
const mostLogLines = 200

/** A container of Docker Engine, or of what speaks its API. */
export class DockerodeContainer implements ContainerApi {
  readonly name: string
  readonly #connection: DockerConnection
  #container: Promise<Docker.Container> | undefined

  constructor(name: string, connection: DockerConnection) {
    this.name = name
    this.#connection = connection
  }

  mainPid({ signal }: CallOptions): Promise<number> {
    return this.#call('inspect', signal, async (container) => {
      const { State } = await container.inspect({ abortSignal: signal })
      return State.Pid
    })
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
    try {
      return await work(await this.#open())
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw dockerFailure(`${attempted} container ${this.name}`, error)
    }
  }

  #open(): Promise<Docker.Container> {
    // Loaded when first needed: those who have Nginx on the host do not wait for it.
    refuseEnvironment(this.#connection, process.env)
    this.#container ??= import('dockerode').then(({ default: Engine }) =>
      new Engine(toDockerode(this.#connection)).getContainer(this.name),
    )
    return this.#container
  }
}

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
