import { resolve } from 'node:path'
import {
  FlotillaError,
  runCommand,
  withDeadline,
  type CallOptions,
  type Clock,
  type CommandResult,
} from '@flotilla/core'
import { ConfigRefused, systemFailure } from '../errors.js'
import type { NginxApi, NginxWorker, TestVerdict } from '../nginx-api.js'
import { installationFrom, type Installation } from '../setup/installation.js'
import { endOfLog, loggedSince } from './error-log.js'
import { readIfThere, removeFile, replaceFile } from './host-file.js'
import { hostProcesses, type HostProcesses } from './host-processes.js'
import { isMaster, isWorker, toWorker } from './process-row.js'
import { nginxCommand, verdictOf, versionIn, type Program } from './program.js'

export interface HostOptions extends Program {
  readonly configFile: string
  /** Where the master's process number stands; by default Nginx is asked. */
  readonly pidFile: string | undefined
  /** Bound of each call. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Nginx on this host, with the rights of this process. */
export class HostNginx implements NginxApi {
  readonly where = 'nginx on this host'
  readonly configFile: string
  readonly connectedTo?: NonNullable<NginxApi['connectedTo']>
  readonly #options: HostOptions
  readonly #processes: HostProcesses
  #pidFile: string | undefined
  #known: Installation | undefined

  constructor(options: HostOptions) {
    this.#options = options
    this.configFile = options.configFile
    this.#processes = hostProcesses(options.timeoutMs)
    this.#pidFile = options.pidFile
    const { connectedTo } = this.#processes
    if (connectedTo === undefined) return
    this.connectedTo = (ids, targets, call): Promise<readonly boolean[]> => {
      const pids = ids.map((id) => Number.parseInt(id, 10))
      const attempted = `see the connections of ${this.where}`
      return this.#system(attempted, () => connectedTo(pids, targets), call)
    }
  }

  read(call: CallOptions): Promise<string | undefined> {
    return this.#system(`read ${this.configFile}`, () => readIfThere(this.configFile), call)
  }

  write(text: string, call: CallOptions): Promise<void> {
    return this.#system(`write ${this.configFile}`, () => replaceFile(this.configFile, text), call)
  }

  remove(call: CallOptions): Promise<void> {
    return this.#system(`remove ${this.configFile}`, () => removeFile(this.configFile), call)
  }

  async test(call: CallOptions): Promise<TestVerdict> {
    return verdictOf(await this.#nginx(['-t'], call))
  }

  async describe(call: CallOptions): Promise<{ readonly dump: string; readonly version: string }> {
    const [dumped, asked] = await Promise.all([this.#nginx(['-T'], call), this.#nginx(['-v'], call)])
    if (dumped.exitCode !== 0)
      throw new ConfigRefused(`describe ${this.where}`, dumped.stderr, this.configFile)
    return { dump: dumped.stdout, version: versionIn(asked.stderr) }
  }

  async reload(call: CallOptions): Promise<void> {
    const attempted = `reload ${this.where}`
    const pid = await this.#masterPid(attempted, call)
    await this.#system(attempted, async () => void process.kill(pid, 'SIGHUP'), call)
  }

  async workers(call: CallOptions): Promise<readonly NginxWorker[]> {
    const attempted = `see the workers of ${this.where}`
    const pid = await this.#masterPid(attempted, call)
    const rows = await this.#system(attempted, (signal) => this.#processes.children(pid, signal), call)
    return rows.filter(isWorker).map(toWorker)
  }

  async stillRunning(ids: readonly string[], call: CallOptions): Promise<readonly NginxWorker[]> {
    const attempted = `see the workers of ${this.where}`
    const rows = await this.#system(attempted, (signal) => this.#processes.find(ids, signal), call)
    return rows.filter(isWorker).map(toWorker)
  }

  async watchErrors(call: CallOptions): Promise<() => Promise<string>> {
    const errorLog = (await this.#installation(call))?.errorLog
    if (errorLog === undefined) return async () => ''
    const end = await endOfLog(errorLog)
    return () => loggedSince(errorLog, end)
  }

  async #masterPid(attempted: string, call: CallOptions): Promise<number> {
    const pidFile = this.#pidFile ?? (await this.#findPidFile(call))
    const text = (await this.#system(attempted, () => readIfThere(pidFile), call))?.trim()
    // A test of the configuration makes the file where there is none, and leaves it empty.
    if (text === undefined || text === '') {
      const isMissing = text === undefined ? 'not there' : 'empty'
      throw new FlotillaError('unavailable', `${attempted}: it does not run: ${pidFile} is ${isMissing}`)
    }
    const pid = Number(text)
    const isNumber = Number.isSafeInteger(pid) && pid > 0
    const row = isNumber
      ? await this.#system(attempted, (signal) => this.#processes.one(pid, signal), call)
      : undefined
    if (row === undefined || !isMaster(row)) {
      const shown = text.slice(0, 20)
      const message = `${attempted}: it does not run: process ${shown}, which ${pidFile} names, is no nginx master`
      throw new FlotillaError('unavailable', message)
    }
    return pid
  }

  async #findPidFile(call: CallOptions): Promise<string> {
    const known = await this.#installation(call)
    let path = known?.pidFile
    if (path?.startsWith('/') !== true) {
      const { stderr } = await this.#nginx(['-V'], call)
      const built = (option: string): string | undefined =>
        new RegExp(String.raw`--${option}=(\S+)`).exec(stderr)?.[1]
      path = resolve(built('prefix') ?? '/usr/local/nginx', path ?? built('pid-path') ?? '/run/nginx.pid')
    }
    if (known !== undefined) this.#pidFile = path
    return path
  }

  /** Read once. Undefined while somebody's configuration is broken: what Nginx was built with still holds then. */
  async #installation(call: CallOptions): Promise<Installation | undefined> {
    try {
      this.#known ??= installationFrom((await this.describe(call)).dump)
    } catch {
      call.signal.throwIfAborted()
    }
    return this.#known
  }

  #nginx(args: readonly string[], { signal }: CallOptions): Promise<CommandResult> {
    const argv = nginxCommand(this.#options, ...args)
    const attempted = `run ${argv.join(' ')}`
    return runCommand(argv, { attempted, timeoutMs: this.#options.timeoutMs, signal })
  }

  async #system<T>(
    attempted: string,
    work: (signal: AbortSignal) => Promise<T>,
    { signal }: CallOptions,
  ): Promise<T> {
    const { clock, timeoutMs } = this.#options
    try {
      return await withDeadline(work, { clock, timeoutMs, what: attempted, signal })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw systemFailure(attempted, error)
    }
  }
}
