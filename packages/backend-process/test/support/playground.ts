import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { access, mkdtemp, readFile, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { systemClock, type Backend, type Clock } from '@flotilla/core'
import { ProcessBackend } from '../../src/backend.js'
import { hostProcessTable } from '../../src/host/host-process-table.js'
import { NewcomersTable } from './newcomers-table.js'
import { instanceId, labelEnv, type Label } from '../../src/labels.js'
import type { ProcessesOptions } from '../../src/options.js'
import { readOptions } from '../../src/options/settings.js'
import type { ProcessTable } from '../../src/host/process-table.js'
import type { LaunchRecord } from '../../src/book/record.js'
import { Records } from '../../src/book/records.js'

export const never: AbortSignal = new AbortController().signal

/** A worker that does nothing, and ends when asked to; it starts in a tenth of the time that Node takes. */
export const idle = ['sleep', '1000000'] as const

/** Signed by a controller that is no more: no process has this birth. */
export const deadClaim = { pid: process.pid, birth: 'long ago', backend: 'gone' }

/** A state directory of one test, with a view of this host that owes nothing to the backend. */
export class Playground {
  readonly stateDir: string
  readonly #foreign: ChildProcess[] = []
  readonly #table = new NewcomersTable(hostProcessTable())

  private constructor(stateDir: string) {
    this.stateDir = stateDir
  }

  static async make(): Promise<Playground> {
    return new Playground(await mkdtemp(join(tmpdir(), 'flotilla-processes-')))
  }

  backend(
    options: Partial<ProcessesOptions> = {},
    table: ProcessTable = this.#table,
    clock: Clock = systemClock,
  ): Backend {
    const settings = readOptions({ command: idle, stateDir: this.stateDir, graceMs: 3_000, ...options })
    return new ProcessBackend(settings, { table, clock })
  }

  get records(): Records {
    return new Records(this.stateDir)
  }

  async owner(): Promise<string> {
    return readFile(join(this.stateDir, 'id'), 'utf8')
  }

  /** The living processes that carry the label of an instance of this directory; of all of them without an id. */
  async pidsOf(id?: string): Promise<readonly number[]> {
    const owner = await this.owner().catch(() => undefined)
    const labels = await this.#labels()
    return [...labels]
      .filter(([, label]) => label.owner === owner)
      .filter(([, label]) => id === undefined || instanceId(label.group, label.token) === id)
      .map(([pid]) => pid)
      .toSorted((a, b) => a - b)
  }

  /** Whether a process carries the label of this instance, whoever owns it. Other tests run too: ask for unique ids. */
  async isRunning(id: string): Promise<boolean> {
    const labels = await this.#labels()
    return [...labels.values()].some(({ group, token }) => instanceId(group, token) === id)
  }

  async #labels(): Promise<ReadonlyMap<number, Label>> {
    const rows = (await this.#table.all(never)).filter((row) => row.state !== 'zombie')
    return this.#table.labels(
      rows.map((row) => row.pid),
      never,
    )
  }

  /** The instance's own process, as written down. */
  async pid(id: string): Promise<number> {
    const [group = '', token = ''] = id.split('.')
    const child = (await this.records.read(group, token))?.record?.child
    if (child === undefined) throw new Error(`${id} has no process written down`)
    return child.pid
  }

  /** Leaves of an instance's record what a controller had written that was killed before it could write more. */
  async forgetChild(id: string, facts: Partial<LaunchRecord> = {}): Promise<void> {
    const [group = '', token = ''] = id.split('.')
    const held = await this.records.read(group, token)
    if (held?.record === undefined) throw new Error(`${id} has no record`)
    const record = { ...held.record, child: undefined, claim: deadClaim, ...facts }
    await this.records.write(group, token, { generation: held.generation, record })
  }

  /** Starts a process with somebody else's label. */
  async startForeign(label: Partial<Label> = {}): Promise<{ readonly id: string; readonly pid: number }> {
    const whole: Label = {
      owner: randomUUID(),
      group: 'foreign',
      token: `t-${randomUUID()}`,
      host: '127.0.0.1',
      port: 1,
      templateHash: 'x',
      createdAt: 1,
      ...label,
    }
    const [executable, ...args] = idle
    const env = { ...process.env, ...labelEnv(whole) }
    const child = spawn(executable, args, { env, detached: true, stdio: 'ignore' })
    await once(child, 'spawn')
    this.#foreign.push(child)
    if (child.pid === undefined) throw new Error('no pid')
    return { id: instanceId(whole.group, whole.token), pid: child.pid }
  }

  /** Files and processes that belong to no listed instance of these. */
  async leftovers(listedIds: readonly string[] = []): Promise<readonly string[]> {
    const expected = new Set(listedIds.map((id) => id.replace('.', '/')))
    const files = (await filesIn(this.stateDir))
      .filter((file) => file !== 'id')
      .filter((file) => !expected.has(file.split('/').slice(1, 3).join('/')))
    const held: string[] = []
    for (const file of files) {
      const target = await readlink(join(this.stateDir, file)).catch(() => '')
      const holder = target.split('/').slice(-2).join('.')
      if (!listedIds.includes(holder)) held.push(`file ${file}`)
    }
    const running = await this.pidsOf()
    const listedPids = (await Promise.all(listedIds.map(async (id) => this.pidsOf(id)))).flat()
    return [...held, ...running.filter((pid) => !listedPids.includes(pid)).map((pid) => `process ${pid}`)]
  }

  /** Ends every process of this directory and of the foreign ones, and removes it. */
  async cleanup(): Promise<void> {
    for (const pid of await this.pidsOf()) kill(pid)
    for (const child of this.#foreign) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await rm(this.stateDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Tries again until what is asked for holds; fails with the last answer when it does not within the bound. */
export async function eventually<T>(
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  boundMs = 15_000,
): Promise<T> {
  const end = performance.now() + boundMs
  for (;;) {
    const value = await read()
    if (holds(value)) return value
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(value)} after ${boundMs} ms`)
    await systemClock.sleep(10)
  }
}
