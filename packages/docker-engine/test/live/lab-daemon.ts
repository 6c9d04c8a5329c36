import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { daemonFile } from './lab.js'
import { RawEngine } from './raw-engine.js'

interface DaemonFile {
  /** Its control groups are below one of this name. */
  readonly namespace: string
  readonly socket: string
  readonly pidFile: string
  readonly execRoot: string
  readonly logFile: string
  readonly command: readonly [string, ...string[]]
}

const boundMs = 60_000

/** The lab's engine itself, to be stopped and started under what is tested. */
export class LabDaemon {
  readonly #file = JSON.parse(readFileSync(daemonFile(), 'utf8')) as DaemonFile

  /** Ends it, and resolves when it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { pidFile, execRoot } = this.#file
    const pid = Number(readFileSync(pidFile, 'utf8'))
    const containerd = Number(readFileSync(`${execRoot}/containerd/containerd.pid`, 'utf8'))
    process.kill(pid, signal)
    await untilGone(pid)
    // It ends with its parent, a little later; a new dockerd that still sees it waits for it in vain.
    await untilGone(containerd)
  }

  /** Starts it, and resolves when it answers. */
  async start(): Promise<void> {
    const { command, logFile, socket } = this.#file
    const [program, ...args] = command
    const output = openSync(logFile, 'a')
    const child = spawn(program, args, { detached: true, stdio: ['ignore', output, output] })
    closeSync(output)
    child.unref()
    const engine = new RawEngine(socket)
    for (let waitedMs = 0; ; waitedMs += 100) {
      const answer = await engine.call('GET', '/_ping').catch(() => undefined)
      if (answer?.status === 200) return
      if (waitedMs > boundMs) throw new Error('dockerd does not come up')
      await sleep(100)
    }
  }

  /**
   * Ends what is left of containers that the engine no longer knows. Killed while it starts one, it may forget it and
   * leave its processes, which then go on holding an address that it gives to the next.
   */
  async endForgotten(): Promise<void> {
    const listed = await new RawEngine(this.#file.socket).must('GET', '/containers/json?all=1')
    const known = new Set((listed as readonly { Id: string }[]).map(({ Id }) => Id))
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const id = containerOf(pid, `/${this.#file.namespace}/`)
      if (id === undefined || known.has(id)) continue
      process.kill(Number(pid), 'SIGKILL')
      await untilGone(Number(pid))
    }
  }
}

/** The container that a process is in, by its control group below the lab's own. */
function containerOf(pid: string, parent: string): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    return new RegExp(`${parent}([0-9a-f]{64})`).exec(text)?.[1]
  } catch {
    // It has ended meanwhile.
    return undefined
  }
}

async function untilGone(pid: number): Promise<void> {
  for (let waitedMs = 0; existsSync(`/proc/${pid}`); waitedMs += 20) {
    if (waitedMs > boundMs) throw new Error(`process ${pid} does not end`)
    await sleep(20)
  }
}
