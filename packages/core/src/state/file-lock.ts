import { createHash, randomBytes } from 'node:crypto'
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import type { Clock } from '../clock.js'
import { FlotillaError } from '../errors.js'
import { temporaryPath, writeAtomically } from './atomic-write.js'
import { errnoOf } from './file-failure.js'
import { livenessOf, thisProcess, type ProcessIdentity } from './process-identity.js'

export interface FileLockOptions {
  /** For errors: `lock group web`. */
  readonly attempted: string
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** How often a holder shows that it lives; for tests. */
  readonly pulseMs?: number | undefined
}

/** A file that one process holds. */
export interface FileLock {
  /** False once another process took it over, having taken this one for dead. */
  isHeld(): Promise<boolean>
  /** May be called twice. */
  release(): Promise<void>
}

const defaults = { pulseMs: 10_000 } as const

/** A holder that misses two of its pulses is dead. */
const pulsesWatched = 2.5

/**
 * Holds a file that names this process. What a dead holder left is taken over: at once when the process can be looked up,
 * else (another host, container or reboot, a torn file) after its pulse, the file's own time, has stood still for 25 s.
 *
 * @throws FlotillaError `conflict` when another process holds it; the signal's own reason; else the file system's error
 */
export async function lockFile(path: string, options: FileLockOptions): Promise<FileLock> {
  const since = new Date(options.clock.now()).toISOString()
  const token = randomBytes(12).toString('hex')
  const text = `${JSON.stringify({ token, ...(await thisProcess()), since })}\n`
  // Every turn but the first follows a change by somebody else; a few of them mean there is somebody.
  for (let turn = 0; turn < 5; turn += 1) {
    if (await create(path, text)) return hold(path, text, options)
    const found = await read(path)
    if (found === undefined) continue
    const holder = await look(path, found, options)
    if (holder === 'alive') throw conflict(path, found, options)
    if (holder === 'dead' && (await takeOver(path, found, text, options))) return hold(path, text, options)
  }
  throw new FlotillaError('conflict', `${options.attempted}: others are taking ${path} in turn`)
}

/** Makes the file unless it is there, all of it at once: a link to a file that is whole already. */
async function create(path: string, text: string): Promise<boolean> {
  const temporary = temporaryPath(path)
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600 })
    try {
      await link(temporary, path)
    } catch (error) {
      // A file system without links. The file is torn for a moment, and may be taken over as such if we die in it.
      if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error
      await writeFile(path, text, { flag: 'wx', mode: 0o600 })
    }
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
  return (await read(path)) === text
}

/**
 * Replaces a dead holder's file. Of all that found the same one dead only one may, so each first locks a file named after
 * what it found; whoever comes later finds that the text has changed.
 */
async function takeOver(
  path: string,
  found: string,
  text: string,
  options: FileLockOptions,
): Promise<boolean> {
  const claim = await lockFile(
    `${path}.${createHash('sha256').update(found).digest('hex').slice(0, 16)}`,
    options,
  )
  try {
    if ((await read(path)) !== found) return false
    await writeAtomically(path, text)
    return true
  } finally {
    await claim.release()
  }
}

function hold(path: string, text: string, { pulseMs = defaults.pulseMs }: FileLockOptions): FileLock {
  const pulse = setInterval(() => {
    const now = new Date()
    // One that fails is missed like one that never was; the next may do.
    utimes(path, now, now).catch(() => {})
  }, pulseMs).unref()
  const isHeld = async (): Promise<boolean> => (await read(path)) === text
  return {
    isHeld,
    async release() {
      clearInterval(pulse)
      if (await isHeld()) await rm(path, { force: true })
    },
  }
}

/** How the holder is; `changed` when it is another one by now, or none. */
async function look(
  path: string,
  found: string,
  options: FileLockOptions,
): Promise<'alive' | 'dead' | 'changed'> {
  const holder = holderOf(found)
  const liveness = holder === undefined ? 'unknown' : await livenessOf(holder)
  if (liveness !== 'unknown') return liveness
  // Two looks at the same clock-free sign of life: the clocks of two hosts need not agree.
  const before = await pulseOf(path)
  const { clock, signal, pulseMs = defaults.pulseMs } = options
  await clock.sleep(pulseMs * pulsesWatched, { signal })
  const after = await pulseOf(path)
  if ((await read(path)) !== found) return 'changed'
  return after === before ? 'dead' : 'alive'
}

async function pulseOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

type Holder = ProcessIdentity & { readonly since: string }

function holderOf(text: string): Holder | undefined {
  try {
    const { pid, place, start, host, since } = JSON.parse(text) as Partial<Record<keyof Holder, unknown>>
    // Pids of 0 and below mean groups of processes to kill(2).
    const isPid = typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0
    if (!isPid || typeof place !== 'string') return undefined
    return {
      pid,
      place,
      host: String(host),
      since: String(since),
      ...(typeof start === 'string' ? { start } : {}),
    }
  } catch {
    return undefined
  }
}

function conflict(path: string, found: string, { attempted }: FileLockOptions): FlotillaError {
  const holder = holderOf(found)
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
  const since = holder === undefined ? '' : ` since ${holder.since}`
  return new FlotillaError('conflict', `${attempted}: ${who} has held ${path}${since}`)
}
