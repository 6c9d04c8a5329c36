import { FlotillaError, type CallOptions } from '@flotilla/core'
import { runCommand, type CommandResult } from '@flotilla/core/authoring'
import { ownText } from '../../config/written-config.js'
import { codeOfText } from '../../errors.js'
import type { Vantage } from '../../front/place.js'
import type { Look, NginxApi, NginxWorker, TestVerdict } from '../../nginx-api.js'
import { lastWords, nginxWords } from '../../words.js'
import type { Command, NginxCommands } from './commands.js'
import {
  isWorker,
  processGroup,
  rowsFromPs,
  toWorker,
  type ProcessGroup,
  type ProcessRow,
} from '../process-row.js'
import { verdictOf, versionIn } from '../program.js'
import { connectedTargets } from '../tcp-table.js'

export interface CommandsOptions {
  readonly commands: NginxCommands
  readonly configFile: string
  /** Where that machine is reached from here. */
  readonly frontHost: string | undefined
  /** Bound of each command. */
  readonly timeoutMs: number
}

/** What ssh exits with when it did not reach the other host; docker, sudo and env when the program did not start. */
const notReached = new Set([125, 126, 127, 255])

/** Nginx wherever the user's own commands reach it, one for each step. */
export class CommandsNginx implements NginxApi {
  readonly where: string
  readonly configFile: string
  readonly workers?: NonNullable<NginxApi['workers']>
  readonly stillRunning?: NonNullable<NginxApi['stillRunning']>
  readonly connectedTo?: NonNullable<NginxApi['connectedTo']>
  readonly #commands: NginxCommands
  readonly #timeoutMs: number
  readonly #vantages: readonly Vantage[]

  constructor({ commands, configFile, frontHost, timeoutMs }: CommandsOptions) {
    this.#commands = commands
    this.#timeoutMs = timeoutMs
    this.#vantages = frontHost === undefined ? [] : [{ host: frontHost }]
    this.configFile = configFile
    this.where = commands.where ?? 'nginx'
    const { connections, processes } = commands
    if (processes === undefined) return
    this.workers = async (also, call): Promise<readonly NginxWorker[]> => {
      const { workers, rows } = await this.#group(processes, call)
      const others = rows.filter((row) => isWorker(row) && also.includes(row.id)).map(toWorker)
      return [...workers, ...others.filter(({ id }) => !workers.some((worker) => worker.id === id))]
    }
    if (connections !== undefined) {
      this.connectedTo = async (_, targets, call): Promise<readonly boolean[]> => {
        const attempted = `see the connections of ${this.where}`
        return connectedTargets((await this.#must(attempted, connections, call)).stdout, targets)
      }
    }
    this.stillRunning = async (ids, call): Promise<readonly NginxWorker[]> =>
      (await this.#list(processes, call)).filter((row) => isWorker(row) && ids.includes(row.id)).map(toWorker)
  }

  async look(call: CallOptions): Promise<Look> {
    const { processes } = this.#commands
    const vantages = this.#vantages
    if (processes === undefined) return { text: await this.#read(call), workers: undefined, vantages }
    const { master, workers, upgrade } = await this.#group(processes, call)
    const text = await this.#read(call)
    // Which main configuration file is meant stands in the commands, as their user knows it.
    return { text, workers, upgrade, life: master.id, vantages }
  }

  async #read(call: CallOptions): Promise<string | undefined> {
    const { read } = this.#commands
    const result = await this.#run(read, call)
    if (result.exitCode === 0) return ownText(result.stdout)
    const isMissing = !notReached.has(result.exitCode) && /no such file|not found/i.test(result.stderr)
    if (isMissing) return undefined
    throw failure(`read ${this.configFile} of ${this.where}`, result)
  }

  async write(text: string, call: CallOptions): Promise<void> {
    const attempted = `write ${this.configFile} of ${this.where}`
    await this.#must(attempted, this.#commands.write, call, text)
    if (this.#commands.commit !== undefined) await this.#must(attempted, this.#commands.commit, call)
  }

  async remove(call: CallOptions): Promise<void> {
    await this.#must(`remove ${this.configFile} of ${this.where}`, this.#commands.remove, call)
  }

  async test(call: CallOptions): Promise<TestVerdict> {
    const { dump, test } = this.#commands
    const result = await this.#run(dump ?? test, call)
    const verdict = verdictOf(result)
    // That it was not reached is no verdict of Nginx's.
    if (!verdict.isAccepted && nginxWords(verdict.output) === undefined) {
      throw failure(`test the configuration of ${this.where}`, result)
    }
    return verdict
  }

  async version(call: CallOptions): Promise<string> {
    const { version } = this.#commands
    if (version === undefined) return 'unknown'
    const { stdout, stderr } = await this.#run(version, call)
    return versionIn(`${stderr}${stdout}`)
  }

  async reload(call: CallOptions): Promise<void> {
    await this.#must(`reload ${this.where}`, this.#commands.reload, call)
  }

  async #group(
    processes: Command,
    call: CallOptions,
  ): Promise<ProcessGroup & { readonly rows: readonly ProcessRow[] }> {
    const rows = await this.#list(processes, call)
    const { pid } = this.#commands
    const said = pid === undefined ? undefined : await this.#pidSaid(pid, call)
    const which = {
      where: this.where,
      pid: said === undefined ? undefined : Number(said),
      pidFile: pid === undefined ? undefined : 'commands.pid',
      hint: "give commands.pid, such as ['cat', '/run/nginx.pid']",
    }
    return { ...processGroup(rows, which), rows }
  }

  /** Undefined when there is none, as where Nginx does not run. */
  async #pidSaid(pid: Command, call: CallOptions): Promise<string | undefined> {
    const result = await this.#run(pid, call)
    if (notReached.has(result.exitCode)) throw failure(`read the pid file of ${this.where}`, result)
    // What a login script prints stands before it.
    return result.exitCode === 0 ? /(\d+)\s*$/.exec(result.stdout)?.[1] : undefined
  }

  async #list(processes: Command, call: CallOptions): Promise<ProcessRow[]> {
    return rowsFromPs((await this.#must(`see the workers of ${this.where}`, processes, call)).stdout)
  }

  async #must(attempted: string, argv: Command, call: CallOptions, input?: string): Promise<CommandResult> {
    const result = await this.#run(argv, call, input)
    if (result.exitCode !== 0) throw failure(attempted, result)
    return result
  }

  #run(argv: Command, { signal }: CallOptions, input?: string): Promise<CommandResult> {
    // The arguments are the caller's own, and may hold what no message should show.
    const attempted = `run ${argv[0]} for ${this.where}`
    return runCommand(argv, { attempted, input, timeoutMs: this.#timeoutMs, signal })
  }
}

function failure(attempted: string, { exitCode, stdout, stderr }: CommandResult): FlotillaError {
  const output = `${stdout}${stderr}`
  const words = nginxWords(output) ?? lastWords(stderr === '' ? stdout : stderr)
  return new FlotillaError(codeOfText(words), `${attempted}: it exited with ${exitCode}: ${words}`)
}
