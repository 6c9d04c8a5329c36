import { spawn, type ChildProcess } from 'node:child_process'
import { FlotillaError, messageOf } from '../errors.js'

/** Options of `runCommand()`. */
export interface CommandOptions {
  /** For errors: `run nginx -t`. */
  readonly attempted: string
  /** Given on stdin; else stdin is empty. */
  readonly input?: string | Uint8Array | undefined
  /** The bound, milliseconds: the call settles by then, whatever the program left behind. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly cwd?: string | undefined
  /** Added to this process's own. `LC_ALL` is `C` unless it says otherwise: messages are read by words. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** More output than this, in bytes, is a failure; default 32 MiB. */
  readonly maxOutputBytes?: number | undefined
}

/** What a program said, and how it ended. */
export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const defaultOutputBytes = 32 * 2 ** 20

/** From asking a program to end until it is made to. */
const killAfterMs = 1000

/** How long output may be silent, once its program has ended, before what holds it open is left alone. */
const silenceMs = 200

/**
 * Runs a program with these arguments, without a shell, and gives what it said, whatever its exit code.
 *
 * It settles within its bound: the program runs in a process group of its own, which is ended as a whole, and output that
 * something it left behind holds open is not waited for. What a program that ended in time left behind, such as the
 * connection that ssh shares, goes on.
 *
 * @throws FlotillaError `unavailable` when it cannot be started, was killed or said too much; `permission-denied`;
 *   `timeout`; the signal's own reason
 */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<CommandResult> {
  options.signal.throwIfAborted()
  return new RunningCommand(start(argv, options), options).result
}

function start(
  [program = '', ...args]: readonly string[],
  { attempted, cwd, env }: CommandOptions,
): ChildProcess {
  try {
    const child = spawn(program, args, {
      stdio: 'pipe',
      // The leader of a group, which can be ended with all that it started.
      detached: process.platform !== 'win32',
      windowsHide: true,
      env: { ...process.env, LC_ALL: 'C', ...env },
      ...(cwd === undefined ? {} : { cwd }),
    })
    endWithUs(child)
    return child
  } catch (error) {
    throw startFailure(attempted, error)
  }
}

class RunningCommand {
  readonly #options: CommandOptions
  readonly #child: ChildProcess
  readonly result: Promise<CommandResult>
  #resolve: (result: CommandResult) => void = () => {}
  #reject: (reason: unknown) => void = () => {}
  readonly #output = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  readonly #bound: NodeJS.Timeout
  readonly #onAbort = (): void => this.#giveUp(this.#options.signal.reason)
  #outputBytes = 0
  #silence: NodeJS.Timeout | undefined
  #isSettled = false

  constructor(child: ChildProcess, options: CommandOptions) {
    this.#child = child
    this.#options = options
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const { attempted, input, signal, timeoutMs } = options
    this.#bound = setTimeout(
      () => this.#giveUp(new FlotillaError('timeout', `${attempted}: no answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
    signal.addEventListener('abort', this.#onAbort, { once: true })
    const { stdin, stdout, stderr } = child
    child.on('error', (error) => this.#settle(() => this.#reject(startFailure(attempted, error))))
    // A program that does not read what it is given ends with that pipe broken.
    stdin?.on('error', () => {})
    stdin?.end(input ?? '')
    stdout?.on('data', (chunk: Buffer) => this.#add('stdout', chunk)).on('error', () => {})
    stderr?.on('data', (chunk: Buffer) => this.#add('stderr', chunk)).on('error', () => {})
    child.on('exit', () => this.#awaitSilence())
    child.on('close', () => this.#finish())
  }

  #add(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const { attempted, maxOutputBytes = defaultOutputBytes } = this.#options
    this.#output[stream].push(chunk)
    this.#outputBytes += chunk.length
    if (this.#outputBytes > maxOutputBytes) {
      const message = `${attempted}: it printed more than ${maxOutputBytes} bytes`
      this.#giveUp(new FlotillaError('unavailable', message))
    } else if (this.#silence !== undefined) this.#awaitSilence()
  }

  #awaitSilence(): void {
    if (this.#isSettled) return
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      const bytes = this.#outputBytes
      // What is in the pipes may have waited for this process to have time: they are looked at once more.
      setImmediate(() => (this.#outputBytes === bytes ? this.#finish() : this.#awaitSilence()))
    }, silenceMs)
  }

  #finish(): void {
    const { exitCode, signalCode } = this.#child
    const { attempted } = this.#options
    this.#settle(() => {
      if (exitCode !== null) {
        const [stdout, stderr] = [this.#output.stdout, this.#output.stderr].map((chunks) =>
          Buffer.concat(chunks).toString('utf8'),
        )
        this.#resolve({ exitCode, stdout: stdout ?? '', stderr: stderr ?? '' })
      } else {
        this.#reject(new FlotillaError('unavailable', `${attempted}: it was ended by ${signalCode}`))
      }
    })
  }

  #giveUp(reason: unknown): void {
    this.#settle(() => this.#reject(reason))
    endGroup(this.#child)
  }

  #settle(work: () => void): void {
    if (this.#isSettled) return
    this.#isSettled = true
    clearTimeout(this.#bound)
    clearTimeout(this.#silence)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    // Before the streams go: what they hold is read.
    work()
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy()
    this.#child.unref()
  }
}

/** Asks the whole group to end, and makes it when it does not. */
function endGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM')
  setTimeout(() => signalGroup(child, 'SIGKILL'), killAfterMs).unref()
}

function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(name)
    else process.kill(-child.pid, name)
  } catch {
    // It has ended, or runs with another user's rights, as under sudo: then its broken pipes tell it.
  }
}

const running = new Set<ChildProcess>()

/** A group of its own hears no interrupt from the keyboard: it is ended when this process is. */
function endWithUs(child: ChildProcess): void {
  if (running.size === 0) process.once('exit', endRunning)
  running.add(child)
  child.once('close', () => {
    running.delete(child)
    if (running.size === 0) process.removeListener('exit', endRunning)
  })
}

function endRunning(): void {
  for (const child of running) signalGroup(child, 'SIGKILL')
}

function startFailure(attempted: string, thrown: unknown): FlotillaError {
  const { code: errno, path } = (thrown instanceof Error ? thrown : {}) as NodeJS.ErrnoException
  if (errno === 'ENOENT') {
    return new FlotillaError('unavailable', `${attempted}: there is no program ${path ?? ''}`.trimEnd(), {
      cause: thrown,
    })
  }
  const code = errno === 'EACCES' || errno === 'EPERM' ? 'permission-denied' : 'unavailable'
  // Node's own words name all arguments, among which a secret may be.
  const words = errno === undefined ? messageOf(thrown) : `the program could not be started: ${errno}`
  return new FlotillaError(code, `${attempted}: ${words}`, errno === undefined ? { cause: thrown } : {})
}
