import { resolve } from 'node:path'
import type { CallOptions, Clock } from '@flotilla/core'
import { runCommand, withDeadline, type CommandResult } from '@flotilla/core/authoring'
import { NotRunning, systemFailure } from '../../errors.js'
import { here } from '../../front/place.js'
import type { Look, NginxApi, NginxWorker, TestVerdict } from '../../nginx-api.js'
import { installationFrom, type Installation } from '../../setup/installation.js'
import { endOfLog, loggedSince } from './error-log.js'
import { readIfThere, removeFile, replaceFile } from './host-file.js'
import { hostProcesses, type HostProcesses } from './host-processes.js'
import {
  isMaster,
  isWorker,
  processGroup,
  toWorker,
  type ProcessGroup,
  type ProcessRow,
} from '../process-row.js'
import { builtPaths, nginxCommand, pidFileIn, verdictOf, versionIn, type Program } from '../program.js'

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
  readonly mainConfigFile: string | undefined
  readonly connectedTo?: NonNullable<NginxApi['connectedTo']>
  readonly #options: HostOptions
  readonly #processes: HostProcesses
  #pidFile: string | undefined
  #known: Installation | undefined

  constructor(options: HostOptions) {
    this.#options = options
    this.configFile = options.configFile
    this.mainConfigFile = options.mainConfigFile
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

  async look(call: CallOptions): Promise<Look> {
    const attempted = `read ${this.configFile}`
    const [text, { master, workers, upgrade }] = await Promise.all([
      this.#system(attempted, () => readIfThere(this.configFile), call),
      this.#group(`see the workers of ${this.where}`, call),
    ])
    return { text, workers, upgrade, masterTitle: master.title, life: master.id, vantages: [{ host: here }] }
  }

  write(text: string, call: CallOptions): Promise<void> {
    return this.#system(`write ${this.configFile}`, () => replaceFile(this.configFile, text), call)
  }

  remove(call: CallOptions): Promise<void> {
    return this.#system(`remove ${this.configFile}`, () => removeFile(this.configFile), call)
  }

  async test(call: CallOptions): Promise<TestVerdict> {
    return verdictOf(await this.#nginx(['-T'], call))
  }

  async version(call: CallOptions): Promise<string> {
    return versionIn((await this.#nginx(['-v'], call)).stderr)
  }

  async reload(call: CallOptions): Promise<void> {
    const attempted = `reload ${this.where}`
    const { pid } = await this.#master(attempted, call)
    await this.#system(attempted, async () => void process.kill(pid, 'SIGHUP'), call)
  }

  async workers(also: readonly string[], call: CallOptions): Promise<readonly NginxWorker[]> {
    const { workers } = await this.#group(`see the workers of ${this.where}`, call)
    const missing = also.filter((id) => !workers.some((worker) => worker.id === id))
    return missing.length === 0 ? workers : [...workers, ...(await this.stillRunning(missing, call))]
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

  /** The master that the pid file names, and one that it is about to take the place of. */
  async #group(attempted: string, call: CallOptions): Promise<ProcessGroup> {
    const master = await this.#master(attempted, call)
    return this.#system(
      attempted,
      async (signal) => {
        const parent =
          master.parentPid === undefined ? undefined : await this.#processes.one(master.parentPid, signal)
        const masters = [master, ...(parent !== undefined && isMaster(parent) ? [parent] : [])]
        const children = await Promise.all(masters.map(({ pid }) => this.#processes.children(pid, signal)))
        // The new one is a child of the old one.
        const rows = new Map([...masters, ...children.flat()].map((row) => [row.id, row]))
        return processGroup([...rows.values()], { where: this.where, pid: master.pid, hint: '' })
      },
      call,
    )
  }

  async #master(attempted: string, call: CallOptions): Promise<ProcessRow> {
    const pidFile = this.#pidFile ?? (await this.#findPidFile(call))
    const text = (await this.#system(attempted, () => readIfThere(pidFile), call))?.trim()
    // A test of the configuration makes the file where there is none, and leaves it empty.
    if (text === undefined || text === '') {
      const isMissing = text === undefined ? 'not there' : 'empty'
      const message = `${attempted}: it does not run: ${pidFile} is ${isMissing}; start it`
      throw new NotRunning('unavailable', message)
    }
    const pid = Number(text)
    const isNumber = Number.isSafeInteger(pid) && pid > 0
    const row = isNumber
      ? await this.#system(attempted, (signal) => this.#processes.one(pid, signal), call)
      : undefined
    if (row === undefined || !isMaster(row)) {
      const shown = text.slice(0, 20)
      const message = `${attempted}: it does not run: process ${shown}, which ${pidFile} names, is no nginx master`
      throw new NotRunning('unavailable', message)
    }
    return row
  }

  async #findPidFile(call: CallOptions): Promise<string> {
    const known = (await this.#installation(call))?.pidFile
    const { prefix, pidFile, mainConfigFile } = builtPaths((await this.#nginx(['-V'], call)).stderr)
    if (known !== undefined) return (this.#pidFile = resolve(prefix, known))
    // While the configuration is broken: it lacks our file, say, which one of its servers passes to.
    const main = this.mainConfigFile ?? mainConfigFile
    const text = await this.#system(`read ${main}`, () => readIfThere(main), call)
    return pidFileIn(text ?? '', prefix) ?? pidFile
  }

  /** Read once. Undefined while somebody's configuration is broken: what Nginx was built with still holds then. */
  async #installation(call: CallOptions): Promise<Installation | undefined> {
    try {
      this.#known ??= installationFrom((await this.test(call)).dump ?? '')
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
