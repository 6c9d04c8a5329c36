import { randomBytes } from 'node:crypto'
import { FlotillaError, type Address, type CallOptions } from '@flotilla/core'
import { runCommand } from '@flotilla/core/authoring'
import { codeOfText } from '../../errors.js'
import type { Vantage } from '../../front/place.js'
import type { Look, NginxApi, NginxWorker, TestVerdict } from '../../nginx-api.js'
import { lastWords, nginxWords } from '../../words.js'
import type { NginxShell } from './commands.js'
import { listProcesses } from '../list-processes.js'
import { isWorker, processGroup, rowsFromPs, toWorker, type ProcessGroup } from '../process-row.js'
import { builtPaths, nginxCommand, pidFileIn, versionIn } from '../program.js'
import { quoted, scriptOf, type Step, type StepResult } from './shell-script.js'
import { connectedTargets } from '../tcp-table.js'

export interface ShellOptions {
  readonly commands: NginxShell
  /** Where that machine is reached from here. */
  readonly frontHost: string | undefined
  /** Bound of each command. */
  readonly timeoutMs: number
}

type Results = ReadonlyMap<string, StepResult>

/** What a step that found no file exits with. */
const noFile = 44

/** Nginx wherever a shell can be had through the user's own command: one command for each phase of an update. */
export class ShellNginx implements NginxApi {
  readonly where: string
  readonly configFile: string
  readonly mainConfigFile: string | undefined
  readonly #options: ShellOptions
  readonly #vantages: readonly Vantage[]
  #pidFile: string | undefined
  /** What the last reload saw of processes, until it is used. */
  #afterReload: Results | undefined

  constructor(options: ShellOptions) {
    const { commands, frontHost } = options
    this.#options = options
    this.configFile = commands.configFile
    this.mainConfigFile = commands.mainConfigFile
    this.where = commands.where ?? 'nginx'
    this.#pidFile = commands.pidFile
    this.#vantages = frontHost === undefined ? [] : [{ host: frontHost }]
  }

  async look(call: CallOptions): Promise<Look> {
    const attempted = `look at ${this.where}`
    const file = quoted(this.configFile)
    await this.#findPidFile(call)
    const read = `if [ -e ${file} ] || [ -h ${file} ]; then cat ${file}; else exit ${noFile}; fi`
    const steps = [{ name: 'file', commands: read }, ...this.#processSteps()]
    const results = await this.#run(attempted, steps, call)
    const { master, workers, upgrade } = this.#groupIn(results)
    const found = stepOf(results, 'file', attempted)
    if (found.exitCode !== 0 && found.exitCode !== noFile) {
      throw failure(`read ${this.configFile} of ${this.where}`, found)
    }
    const text = found.exitCode === noFile ? undefined : found.output
    return { text, workers, upgrade, masterTitle: master.title, life: master.id, vantages: this.#vantages }
  }

  async put(text: string, call: CallOptions): Promise<TestVerdict> {
    const attempted = `write ${this.configFile} of ${this.where}`
    const steps = [this.#writing(text), this.#testing(), ...this.#processSteps()]
    const results = await this.#run(attempted, steps, call)
    must(attempted, stepOf(results, 'write', attempted))
    return { ...this.#verdictIn(results), workers: this.#groupIn(results).workers }
  }

  async write(text: string, call: CallOptions): Promise<void> {
    const attempted = `write ${this.configFile} of ${this.where}`
    must(attempted, stepOf(await this.#run(attempted, [this.#writing(text)], call), 'write', attempted))
  }

  async remove(call: CallOptions): Promise<void> {
    const attempted = `remove ${this.configFile} of ${this.where}`
    const commands = this.#privileged('rm', '-f', this.configFile)
    must(
      attempted,
      stepOf(await this.#run(attempted, [{ name: 'remove', commands }], call), 'remove', attempted),
    )
  }

  async test(call: CallOptions): Promise<TestVerdict> {
    return this.#verdictIn(
      await this.#run(`test the configuration of ${this.where}`, [this.#testing()], call),
    )
  }

  async version(call: CallOptions): Promise<string> {
    const attempted = `describe ${this.where}`
    const commands = this.#nginx('-v')
    const results = await this.#run(attempted, [{ name: 'version', commands }], call)
    return versionIn(stepOf(results, 'version', attempted).output)
  }

  async reload(call: CallOptions): Promise<void> {
    const attempted = `reload ${this.where}`
    this.#afterReload = undefined
    // The master takes a tenth of a second to have new workers: what is seen at the end of it mostly shows them.
    const commands = `${this.#nginx('-s', 'reload')} || exit $?\nsleep 0.2 2>/dev/null || :`
    const reload: Step = { name: 'reload', commands, isNeeded: true }
    const results = await this.#run(attempted, [reload, ...this.#processSteps()], call)
    must(attempted, stepOf(results, 'reload', attempted))
    this.#afterReload = results
  }

  async workers(also: readonly string[], call: CallOptions): Promise<readonly NginxWorker[]> {
    // Once, and only for what comes after: what is there before the next reload is looked at anew.
    const seen = also.length > 0 ? this.#afterReload : undefined
    this.#afterReload = undefined
    const results = seen ?? (await this.#run(`see the workers of ${this.where}`, this.#processSteps(), call))
    const { workers } = this.#groupIn(results)
    const others = workersIn(results, also)
    return [...workers, ...others.filter(({ id }) => !workers.some((worker) => worker.id === id))]
  }

  async stillRunning(ids: readonly string[], call: CallOptions): Promise<readonly NginxWorker[]> {
    const attempted = `see the workers of ${this.where}`
    const results = await this.#run(attempted, [processes], call)
    must(attempted, stepOf(results, 'processes', attempted))
    return workersIn(results, ids)
  }

  async connectedTo(
    _: readonly string[],
    targets: readonly Address[],
    call: CallOptions,
  ): Promise<readonly boolean[]> {
    const attempted = `see the connections of ${this.where}`
    const commands = 'cat /proc/net/tcp; cat /proc/net/tcp6 2>/dev/null || :'
    const results = await this.#run(attempted, [{ name: 'connections', commands }], call)
    return connectedTargets(must(attempted, stepOf(results, 'connections', attempted)).output, targets)
  }

  #processSteps(): readonly Step[] {
    const pidFile = this.#pidFile
    if (pidFile === undefined) return [processes]
    return [processes, { name: 'pid', commands: `cat ${quoted(pidFile)} 2>/dev/null || :` }]
  }

  #groupIn(results: Results): ProcessGroup {
    const attempted = `see the workers of ${this.where}`
    const rows = rowsFromPs(must(attempted, stepOf(results, 'processes', attempted)).output)
    const pid = Number(results.get('pid')?.output.trim())
    return processGroup(rows, {
      where: this.where,
      pid: pid > 0 ? pid : undefined,
      pidFile: this.#pidFile,
      hint: 'give commandsVia a pidFile',
    })
  }

  /** Once: the configuration says where it is, or else what Nginx was built with. */
  async #findPidFile(call: CallOptions): Promise<void> {
    if (this.#pidFile !== undefined) return
    const attempted = `find the pid file of ${this.where}`
    const built = { name: 'built', commands: this.#nginx('-V') }
    const results = await this.#run(attempted, [this.#testing(), built, this.#readingMain()], call)
    const { prefix, pidFile } = builtPaths(stepOf(results, 'built', attempted).output)
    const tested = stepOf(results, 'test', attempted)
    // While the configuration is broken: it lacks our file, say, which one of its servers passes to.
    const source = tested.exitCode === 0 ? tested : stepOf(results, 'main', attempted)
    this.#pidFile = pidFileIn(dumpOf(source.output), prefix) ?? pidFile
  }

  #readingMain(): Step {
    const { binary = 'nginx', mainConfigFile } = this.#options.commands
    const path =
      mainConfigFile === undefined
        ? `"$(${quoted(binary)} -V 2>&1 | sed -n 's/.*--conf-path=\\([^ ]*\\).*/\\1/p')"`
        : quoted(mainConfigFile)
    return { name: 'main', commands: `cat ${path}` }
  }

  #verdictIn(results: Results): TestVerdict {
    const attempted = `test the configuration of ${this.where}`
    const result = stepOf(results, 'test', attempted)
    if (result.exitCode === 0) return { isAccepted: true, output: '', dump: result.output }
    // That it was not reached is no verdict of Nginx's.
    if (nginxWords(result.output) === undefined) throw failure(attempted, result)
    return { isAccepted: false, output: result.output }
  }

  #writing(text: string): Step {
    const temporary = `${this.configFile}.tmp`
    const end = `end-${randomBytes(12).toString('hex')}`
    const whole = text.endsWith('\n') ? text : `${text}\n`
    const place = this.#privileged('mv', '-f', temporary, this.configFile)
    const commands = `umask 022\n${this.#privileged('tee', temporary)} >/dev/null <<'${end}' || exit $?\n${whole}${end}\n${place}`
    return { name: 'write', commands, isNeeded: true }
  }

  #testing(): Step {
    return { name: 'test', commands: this.#nginx('-T') }
  }

  #nginx(...args: readonly string[]): string {
    const { binary = 'nginx', mainConfigFile } = this.#options.commands
    return this.#privileged(...nginxCommand({ binary, mainConfigFile }, ...args))
  }

  #privileged(...argv: readonly string[]): string {
    return [...(this.#options.commands.privilege ?? []), ...argv].map(quoted).join(' ')
  }

  async #run(attempted: string, steps: readonly Step[], { signal }: CallOptions): Promise<Results> {
    const { commands, timeoutMs } = this.#options
    const { text, read } = scriptOf(steps)
    const result = await runCommand(commands.shell, { attempted, input: text, timeoutMs, signal })
    const results = read(result.stdout)
    if (results !== undefined) return results
    if (result.exitCode !== 0) throw failure(attempted, { ...result, output: result.stderr || result.stdout })
    const message = `${attempted}: the shell there did nothing: ${commands.shell[0]} must pass its stdin on (docker exec -i)`
    throw new FlotillaError('unavailable', message)
  }
}

const processes: Step = { name: 'processes', commands: listProcesses }

function workersIn(results: Results, ids: readonly string[]): readonly NginxWorker[] {
  const rows = rowsFromPs(results.get('processes')?.output ?? '')
  return rows.filter((row) => isWorker(row) && ids.includes(row.id)).map(toWorker)
}

/** Without what `nginx -T` says before the first file. */
function dumpOf(output: string): string {
  const at = output.search(/^# configuration file .+:$/m)
  return at < 0 ? output : output.slice(at)
}

function stepOf(results: Results, name: string, attempted: string): StepResult {
  const found = results.get(name)
  if (found !== undefined) return found
  throw new FlotillaError('unavailable', `${attempted}: the connection broke off in the middle`)
}

function must(attempted: string, result: StepResult): StepResult {
  if (result.exitCode !== 0) throw failure(attempted, result)
  return result
}

function failure(attempted: string, { exitCode, output }: StepResult): FlotillaError {
  const words = nginxWords(output) ?? lastWords(output)
  return new FlotillaError(codeOfText(words), `${attempted}: it exited with ${exitCode}: ${words}`)
}
