import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** By its path: a master that hands over to a new program starts it by the name it was started with. */
const nginxProgram = '/usr/sbin/nginx'

/** What the main configuration around our file says. */
export interface RealNginxOptions {
  /** Directives before `events`. */
  readonly main?: string | undefined
  /** Directives inside `http`, before ours are included. */
  readonly http?: string | undefined
}

/** An Nginx of a test's own: its files in a directory of its own, its master a child of nobody but the test. */
export class RealNginx {
  readonly directory: string
  readonly configFile: string
  readonly mainConfigFile: string
  readonly pidFile: string
  readonly errorLog: string
  readonly #pidFiles: string[] = []

  private constructor(directory: string) {
    this.directory = directory
    this.configFile = join(directory, 'conf.d', 'backend.conf')
    this.mainConfigFile = join(directory, 'nginx.conf')
    this.pidFile = join(directory, 'nginx.pid')
    this.errorLog = join(directory, 'error.log')
  }

  static async prepare(options: RealNginxOptions = {}): Promise<RealNginx> {
    const nginx = new RealNginx(await mkdtemp(join(tmpdir(), 'flotilla-nginx-')))
    // Workers run as nobody, and keep long bodies in there.
    await chmod(nginx.directory, 0o755)
    await mkdir(join(nginx.directory, 'conf.d'))
    await nginx.writeMain(options)
    return nginx
  }

  static async start(options: RealNginxOptions = {}): Promise<RealNginx> {
    const nginx = await RealNginx.prepare(options)
    await nginx.start()
    return nginx
  }

  async writeMain({ main = '', http = '' }: RealNginxOptions): Promise<void> {
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${join(this.directory, kind)};`)
      .join('\n')
    await writeFile(
      this.mainConfigFile,
      `pid ${this.pidFile};
error_log ${this.errorLog} notice;
worker_processes 2;
${main}
events { worker_connections 4096; }
http {
access_log off;
${temp}
${http}
include ${join(this.directory, 'conf.d', '*.conf')};
}
`,
    )
  }

  /** Starts the master, which goes into the background, and waits until it has its number written down. */
  async start(): Promise<void> {
    const { code, output } = await run(nginxProgram, ['-c', this.mainConfigFile])
    if (code !== 0) throw new Error(`nginx did not start: ${output}`)
    await until(async () => (await this.masterPid()) !== undefined)
  }

  /** Starts another master from a file of this directory, to be ended with the rest. */
  async startMain(name: string, text: string, pidFile: string): Promise<void> {
    const path = join(this.directory, name)
    await writeFile(path, text)
    this.#pidFiles.push(pidFile)
    const { code, output } = await run(nginxProgram, ['-e', this.errorLog, '-c', path])
    if (code !== 0) throw new Error(`nginx did not start: ${output}`)
    await until(async () => (await pidIn(pidFile)) !== undefined)
  }

  async masterPid(): Promise<number | undefined> {
    return pidIn(this.pidFile)
  }

  async workerPids(): Promise<readonly number[]> {
    return childrenOf(await this.masterPid())
  }

  /** How often the master was told to reload. */
  async reloadCount(): Promise<number> {
    const log = await readFile(this.errorLog, 'utf8')
    return log.split('signal 1 (SIGHUP) received').length - 1
  }

  /** Ends the masters and their workers at once. */
  async kill(name: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const masters = await Promise.all([this.pidFile, ...this.#pidFiles].map(pidIn))
    const pids = masters.flatMap((master) => (master === undefined ? [] : [master, ...childrenOf(master)]))
    for (const pid of pids) signal(pid, name)
    await until(async () => !pids.some(isAlive)).catch(() => {
      for (const pid of pids) signal(pid, 'SIGKILL')
    })
  }

  /** Ends everything and removes every file. */
  async stop(): Promise<void> {
    await this.kill()
    await rm(this.directory, { recursive: true, force: true })
  }
}

/** Waits for what a real daemon does in its own time, which is long on a busy machine; at most half a minute. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 30_000
  while (performance.now() < endMs) {
    if (await holds()) return
    await sleep(10)
  }
  throw new Error('it did not come about within 30 s')
}

async function pidIn(path: string): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(path, 'utf8'))
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

function childrenOf(pid: number | undefined): readonly number[] {
  if (pid === undefined) return []
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return children.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** A port of the loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export function run(
  program: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += String(chunk)))
    child.stderr.on('data', (chunk: Buffer) => (output += String(chunk)))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has gone.
  }
}

/** One that has ended and that nobody has asked about yet counts as gone. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z'
  } catch {
    return false
  }
}
