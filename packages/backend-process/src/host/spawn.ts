import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, stat } from 'node:fs/promises'
import type { Environment } from '../options/environment.js'
import { fromSpawn, fromSystem } from '../errors.js'
import type { Exit } from '../book/record.js'
import { sendSignal } from './process-table.js'

/** One process to start. */
export interface SpawnRequest {
  /** For errors. */
  readonly instance: string
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string
  readonly env: Environment
  /** Output is appended to this file. */
  readonly outputPath: string
}

/** A process that this one has started. */
export interface SpawnedChild {
  readonly pid: number
  /** Never rejects. */
  readonly exited: Promise<Exit>
  /** SIGKILL to it and its group, while it is still ours to signal; then waits until it has exited. */
  kill(): Promise<void>
}

/**
 * Starts a process that outlives this one: in a session of its own, with nothing open that this one would close.
 *
 * @throws FlotillaError `invalid-template`, `no-capacity`, `launch-failed`, with nothing started
 */
export async function spawnChild({
  instance,
  argv,
  cwd,
  env,
  outputPath,
}: SpawnRequest): Promise<SpawnedChild> {
  const [executable, ...args] = argv
  const output = await open(outputPath, 'a', 0o600).catch((error: unknown) => {
    throw fromSystem(error, `launch ${instance}: open ${outputPath}`)
  })
  try {
    const child = spawn(executable, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    })
    const exited = new Promise<Exit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    await once(child, 'spawn')
    child.unref()
    const { pid } = child
    if (pid === undefined) throw new Error('no process id')
    const kill = async (): Promise<void> => {
      // Until Node has taken its exit, the pid cannot have gone to another process.
      if (child.exitCode === null && child.signalCode === null) sendSignal(-pid, 'SIGKILL')
      await exited
    }
    return { pid, exited, kill }
  } catch (error) {
    const hasCwd = await stat(cwd).then(
      (found) => found.isDirectory(),
      () => false,
    )
    throw fromSpawn(error, { instance, executable, cwd, hasCwd })
  } finally {
    await output.close()
  }
}
