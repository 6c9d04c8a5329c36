import { posix } from 'node:path'
import { FlotillaError, type Address, type CallOptions, type Clock } from '@flotilla/core'
import { withDeadline } from '@flotilla/core/authoring'
import { busyHint, codeOfText, NotRunning } from '../../errors.js'
import type { Vantage } from '../../front/place.js'
import type { Look, NginxApi, NginxWorker, TestVerdict } from '../../nginx-api.js'
import { lastWords, nginxWords } from '../../words.js'
import type { ContainerApi, ContainerState, ExecResult } from './container-api.js'
import { listProcesses } from '../list-processes.js'
import {
  isMaster,
  isWorker,
  processGroup,
  rowsFromPs,
  rowsFromTop,
  toWorker,
  type ProcessGroup,
  type ProcessRow,
} from '../process-row.js'
import { nginxCommand, verdictOf, versionIn, type Program } from '../program.js'
import { fileInTar, tarOf } from './tar.js'
import { connectedTargets } from '../tcp-table.js'

export interface ContainerOptions extends Program {
  readonly container: ContainerApi
  /** Inside the container. */
  readonly configFile: string
  /** How its ports are reached from here; by default as the engine says. */
  readonly frontHost: string | undefined
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
  readonly mainConfigFile: string | undefined
  readonly #options: ContainerOptions
  #mode = 0o644

  constructor(options: ContainerOptions) {
    this.#options = options
    this.configFile = options.configFile
    this.mainConfigFile = options.mainConfigFile
    this.where = `nginx in container ${options.container.name}`
  }

  /** Whether it runs comes first: a file can be put into a container that does not. */
  async look(call: CallOptions): Promise<Look> {
    const state = await this.#running(`look at ${this.where}`, call)
    const [text, { master, workers, upgrade }] = await Promise.all([
      this.#read(call),
      this.#group(state, call),
    ])
    const { title: masterTitle } = master
    const life = `${state.id} ${state.startedAt}`
    return { text, workers, upgrade, masterTitle, life, vantages: this.#vantages(state) }
  }

  async #read(call: CallOptions): Promise<string | undefined> {
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
    const result = await this.#exec(attempted, nginxCommand(this.#options, '-T'), call)
    if (notStarted.has(result.exitCode)) throw failure(attempted, result)
    return verdictOf(result)
  }

  async version(call: CallOptions): Promise<string> {
    const asked = await this.#exec(`describe ${this.where}`, nginxCommand(this.#options, '-v'), call)
    return versionIn(asked.stderr)
  }

  async reload(call: CallOptions): Promise<void> {
    const attempted = `reload ${this.where}`
    const state = await this.#running(attempted, call)
    const main = (await this.#rows(attempted, call)).find((row) => isFirst(row, state))
    // A shell or a supervisor as first process would keep the signal to itself, or die of it.
    if (main !== undefined && isMaster(main)) {
      await this.#bounded(attempted, (at) => this.#container.signal('SIGHUP', at), call)
    } else {
      await this.#must(attempted, nginxCommand(this.#options, '-s', 'reload'), call)
    }
  }

  async workers(also: readonly string[], call: CallOptions): Promise<readonly NginxWorker[]> {
    const state = await this.#running(`see the workers of ${this.where}`, call)
    const { workers, rows } = await this.#group(state, call)
    const others = rows.filter((row) => isWorker(row) && also.includes(row.id)).map(toWorker)
    return [...workers, ...others.filter(({ id }) => !workers.some((worker) => worker.id === id))]
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

  /** @throws NotRunning unless the container runs */
  async #running(attempted: string, call: CallOptions): Promise<ContainerState> {
    const { name } = this.#container
    const state = await this.#bounded(attempted, (at) => this.#inspect(attempted, at), call)
    const why = standstillOf(state, name)
    if (why === undefined) return state
    throw new NotRunning('unavailable', `${attempted}: container ${name} ${why}`)
  }

  async #inspect(attempted: string, call: CallOptions): Promise<ContainerState> {
    try {
      return await this.#container.inspect(call)
    } catch (error) {
      if (!(error instanceof FlotillaError) || error.code !== 'not-found') throw error
      const message = `${attempted}: there is no container ${this.#container.name}; start one of that name`
      throw new NotRunning('not-found', message, { cause: error })
    }
  }

  async #group(
    state: ContainerState,
    call: CallOptions,
  ): Promise<ProcessGroup & { readonly rows: readonly ProcessRow[] }> {
    const { where } = this
    const rows = await this.#rows(`see the workers of ${where}`, call)
    const pid = rows.find((row) => isMaster(row) && isFirst(row, state))?.pid
    return { ...processGroup(rows, { where, pid, hint: 'let one alone run in a container' }), rows }
  }

  async #rows(attempted: string, call: CallOptions): Promise<readonly ProcessRow[]> {
    const { titles, processes } = await this.#bounded(attempted, (at) => this.#container.top(at), call)
    const rows = rowsFromTop(titles, processes)
    if (rows.length > 0) return rows
    // Some engines that speak Docker's API list nothing; a shell inside can.
    const listed = await this.#exec(attempted, ['sh', '-c', listProcesses], call)
    if (listed.exitCode !== 0) throw failure(attempted, listed)
    return rowsFromPs(listed.stdout)
  }

  #vantages({ addresses, published }: ContainerState): readonly Vantage[] {
    const { frontHost, container } = this.#options
    if (frontHost !== undefined) return [{ host: frontHost }]
    const there = addresses.map((host): Vantage => ({ host }))
    const ports = container.isLocal ? published : []
    return [...there, ...ports.map(({ host, from, to }): Vantage => ({ host, published: { from, to } }))]
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

/** As its engine counts; inside, the first process is 1. */
function isFirst({ pid }: ProcessRow, { mainPid }: ContainerState): boolean {
  return pid === mainPid || pid === 1
}

/** Why nothing in a container answers, and what to do; undefined when it runs. */
function standstillOf({ status, exitCode }: ContainerState, name: string): string | undefined {
  switch (status) {
    case 'running':
      return undefined
    case 'paused':
      return `is paused: docker unpause ${name}`
    case 'restarting':
      return `restarts again and again (exit code ${exitCode}): docker logs ${name}`
    case 'created':
      return `was never started: docker start ${name}`
    default:
      return `is stopped (${status}, exit code ${exitCode}): docker start ${name}`
  }
}

function failure(attempted: string, { exitCode, stdout, stderr }: ExecResult): FlotillaError {
  const words = nginxWords(stderr) ?? lastWords(`${stdout}\n${stderr}`)
  const hint = /resource busy/i.test(words) ? ` ${busyHint}` : ''
  return new FlotillaError(codeOfText(words), `${attempted}: it exited with ${exitCode}: ${words}${hint}`)
}
