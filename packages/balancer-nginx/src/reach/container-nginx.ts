import { posix } from 'node:path'
import { FlotillaError, withDeadline, type Address, type CallOptions, type Clock } from '@flotilla/core'
import { busyHint, codeOfText, ConfigRefused } from '../errors.js'
import type { NginxApi, NginxWorker, TestVerdict } from '../nginx-api.js'
import { lastWords, nginxWords } from '../words.js'
import type { ContainerApi, ExecResult } from './container-api.js'
import { isMaster, isWorker, rowsFromTop, toWorker, workersIn, type ProcessRow } from './process-row.js'
import { nginxCommand, verdictOf, versionIn, type Program } from './program.js'
import { fileInTar, tarOf } from './tar.js'
import { connectedTargets } from './tcp-table.js'

export interface ContainerOptions extends Program {
  readonly container: ContainerApi
  /** Inside the container. */
  readonly configFile: string
  /** Bound of each call. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** What a shell and what a container engine exit with when the program did not start. */
const notStarted = new Set([125, 126, 127])

/** Nginx in a container, reached through the container's engine. */
export class ContainerNginx implements NginxApi {
  readonly where: string
  readonly configFile: string
  readonly #options: ContainerOptions
  #mode = 0o644

  constructor(options: ContainerOptions) {
    this.#options = options
    this.configFile = options.configFile
    this.where = `nginx in container ${options.container.name}`
  }

  async read(call: CallOptions): Promise<string | undefined> {
    const attempted = `read ${this.configFile} of ${this.where}`
    const archive = await this.#bounded(
      attempted,
      (at) => this.#container.download(this.configFile, at),
      call,
    )
    if (archive === undefined) return undefined
    const file = fileInTar(archive)
    if (file === undefined) throw new FlotillaError('conflict', `${attempted}: it is not a regular file`)
    this.#mode = file.mode & 0o777
    return file.content.toString('utf8')
  }

  async write(text: string, call: CallOptions): Promise<void> {
    const attempted = `write ${this.configFile} of ${this.where}`
    const { dir, base } = posix.parse(this.configFile)
    // The ending keeps `include *.conf` from reading it before it is in its place.
    const temporary = `${base}.tmp`
    const archive = tarOf(temporary, Buffer.from(text), this.#mode)
    await this.#bounded(attempted, (at) => this.#container.upload(dir, archive, at), call)
    await this.#must(attempted, ['mv', '-f', posix.join(dir, temporary), this.configFile], call)
  }

  async remove(call: CallOptions): Promise<void> {
    await this.#must(`remove ${this.configFile} of ${this.where}`, ['rm', '-f', this.configFile], call)
  }

  async test(call: CallOptions): Promise<TestVerdict> {
    const attempted = `test the configuration of ${this.where}`
    const result = await this.#exec(attempted, nginxCommand(this.#options, '-t'), call)
    if (notStarted.has(result.exitCode)) throw failure(attempted, result)
    return verdictOf(result)
  }

  async describe(call: CallOptions): Promise<{ readonly dump: string; readonly version: string }> {
    const attempted = `describe ${this.where}`
    const dumped = await this.#exec(attempted, nginxCommand(this.#options, '-T'), call)
    if (notStarted.has(dumped.exitCode)) throw failure(attempted, dumped)
    if (dumped.exitCode !== 0) throw new ConfigRefused(attempted, dumped.stderr, this.configFile)
    const asked = await this.#exec(attempted, nginxCommand(this.#options, '-v'), call)
    return { dump: dumped.stdout, version: versionIn(asked.stderr) }
  }

  async reload(call: CallOptions): Promise<void> {
    const attempted = `reload ${this.where}`
    const [rows, mainPid] = await Promise.all([
      this.#rows(attempted, call),
      this.#bounded(attempted, (at) => this.#container.mainPid(at), call),
    ])
    const main = rows.find(({ pid }) => pid === mainPid)
    // A shell or a supervisor as first process would keep the signal to itself, or die of it.
    if (main !== undefined && isMaster(main)) {
      await this.#bounded(attempted, (at) => this.#container.signal('SIGHUP', at), call)
    } else {
      await this.#must(attempted, nginxCommand(this.#options, '-s', 'reload'), call)
    }
  }

  async workers(call: CallOptions): Promise<readonly NginxWorker[]> {
    return workersIn(await this.#rows(`see the workers of ${this.where}`, call), this.where)
  }

  async stillRunning(ids: readonly string[], call: CallOptions): Promise<readonly NginxWorker[]> {
    const rows = await this.#rows(`see the workers of ${this.where}`, call)
    return rows.filter((row) => isWorker(row) && ids.includes(row.id)).map(toWorker)
  }

  async connectedTo(
    _: readonly string[],
    targets: readonly Address[],
    call: CallOptions,
  ): Promise<readonly boolean[]> {
    // New workers do not know the targets that are asked about, so a connection in the container is an old one's.
    const attempted = `see the connections of ${this.where}`
    const result = await this.#exec(attempted, ['cat', '/proc/net/tcp', '/proc/net/tcp6'], call)
    // The second is not there without IPv6.
    if (result.stdout === '') throw failure(attempted, result)
    return connectedTargets(result.stdout, targets)
  }

  async watchErrors(): Promise<(call: CallOptions) => Promise<string>> {
    const { clock } = this.#options
    const sinceMs = clock.now()
    return (call) =>
      this.#bounded(`read the log of ${this.where}`, (at) => this.#container.logs(sinceMs, at), call)
  }

  get #container(): ContainerApi {
    return this.#options.container
  }

  async #rows(attempted: string, call: CallOptions): Promise<readonly ProcessRow[]> {
    const { titles, processes } = await this.#bounded(attempted, (at) => this.#container.top(at), call)
    return rowsFromTop(titles, processes)
  }

  async #must(attempted: string, argv: readonly string[], call: CallOptions): Promise<void> {
    const result = await this.#exec(attempted, argv, call)
    if (result.exitCode !== 0) throw failure(attempted, result)
  }

  #exec(attempted: string, argv: readonly string[], call: CallOptions): Promise<ExecResult> {
    return this.#bounded(attempted, (at) => this.#container.exec(argv, at), call)
  }

  /** The engine may never answer: when it dies in mid-call, say. */
  #bounded<T>(attempted: string, work: (at: CallOptions) => Promise<T>, { signal }: CallOptions): Promise<T> {
    const { clock, timeoutMs } = this.#options
    return withDeadline((inner) => work({ signal: inner }), { clock, timeoutMs, what: attempted, signal })
  }
}

function failure(attempted: string, { exitCode, stdout, stderr }: ExecResult): FlotillaError {
  const words = nginxWords(stderr) ?? lastWords(`${stdout}\n${stderr}`)
  const hint = /resource busy/i.test(words) ? ` ${busyHint}` : ''
  return new FlotillaError(codeOfText(words), `${attempted}: it exited with ${exitCode}: ${words}${hint}`)
}
