import { FlotillaError, runCommand, type CallOptions, type CommandResult } from '@flotilla/core'
import { codeOfText, ConfigRefused } from '../errors.js'
import type { NginxApi, NginxWorker, TestVerdict } from '../nginx-api.js'
import { lastWords, nginxWords } from '../words.js'
import type { Command, NginxCommands } from './commands.js'
import { isWorker, rowsFromPs, toWorker, workersIn, type ProcessRow } from './process-row.js'
import { verdictOf, versionIn } from './program.js'

export interface CommandsOptions {
  readonly commands: NginxCommands
  readonly configFile: string
  /** Bound of each command. */
  readonly timeoutMs: number
}

/** What ssh exits with when it did not reach the other host; docker, sudo and env when the program did not start. */
const notReached = new Set([125, 126, 127, 255])

/** Nginx wherever the user's own commands reach it. */
export class CommandsNginx implements NginxApi {
  readonly where: string
  readonly configFile: string
  readonly workers?: NonNullable<NginxApi['workers']>
  readonly stillRunning?: NonNullable<NginxApi['stillRunning']>
  readonly #commands: NginxCommands
  readonly #timeoutMs: number

  constructor({ commands, configFile, timeoutMs }: CommandsOptions) {
    this.#commands = commands
    this.#timeoutMs = timeoutMs
    this.configFile = configFile
    this.where = commands.where ?? 'nginx'
    const { processes } = commands
    if (processes === undefined) return
    this.workers = async (call) => workersIn(await this.#list(processes, call), this.where)
    this.stillRunning = async (ids, call): Promise<readonly NginxWorker[]> =>
      (await this.#list(processes, call)).filter((row) => isWorker(row) && ids.includes(row.id)).map(toWorker)
  }

  async read(call: CallOptions): Promise<string | undefined> {
    const { read } = this.#commands
    const result = await this.#run(read, call)
    if (result.exitCode === 0) return result.stdout
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
    const result = await this.#run(this.#commands.test, call)
    const verdict = verdictOf(result)
    // That it was not reached is no verdict of Nginx's.
    if (!verdict.isAccepted && nginxWords(verdict.output) === undefined) {
      throw failure(`test the configuration of ${this.where}`, result)
    }
    return verdict
  }

  async describe(call: CallOptions): Promise<{ readonly dump: string; readonly version: string }> {
    const { dump, version } = this.#commands
    const attempted = `describe ${this.where}`
    if (dump === undefined) {
      throw new FlotillaError('unsupported', `${attempted}: commands.dump was not given`)
    }
    const dumped = await this.#run(dump, call)
    if (dumped.exitCode !== 0) throw new ConfigRefused(attempted, dumped.stderr, this.configFile)
    const asked = version === undefined ? undefined : await this.#run(version, call)
    return { dump: dumped.stdout, version: versionIn(`${asked?.stderr ?? ''}${asked?.stdout ?? ''}`) }
  }

  async reload(call: CallOptions): Promise<void> {
    await this.#must(`reload ${this.where}`, this.#commands.reload, call)
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
