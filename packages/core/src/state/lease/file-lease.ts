import { randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.js'
import { FlotillaError } from '../../errors.js'
import { errnoOf } from '../../system/system-failure.js'
import { LeaseFiles } from './lease-files.js'
import { LeaseTime, type Moment, momentOf } from './lease-time.js'
import { livenessOf, processOf, thisProcess, type ProcessIdentity } from '../../system/process-identity.js'
import type { Lease, LeaseHolder } from '../store.js'

export interface FileLeaseOptions {
  /** For errors: `acquire group web`. */
  readonly attempted: string
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** A holder that has not renewed for this long is in doubt; default 20,000. */
  readonly leaseMs?: number | undefined
  /** Of the files; default 0600. */
  readonly mode?: number | undefined
  /** What this process held before of the same thing, if anything. */
  readonly before?: FileLease | undefined
}

export const defaultLeaseMs = 20_000

/** Who wants to take over watches a pulse for longer than a holder trusts it: no two clocks run alike. */
const watchRatio = 1.25
/** A pulse is looked at so often while it is watched. */
const watchLooks = 10
/** Every turn but the first follows a change by somebody else; a few of them mean there is somebody. */
const mostTurns = 8

/**
 * Holds what `stem` names, with a token one above the last. What a dead holder left is taken over: at once when its process
 * can be looked up and is gone, else (another host, container or boot; a process that is stopped) after its pulse has
 * stood still for 1.25 x `leaseMs`.
 *
 * A holder that was suspended cannot come back to life in between: it is in doubt before anybody takes over, and then has to
 * take the next token itself, which only one can.
 *
 * @throws FlotillaError `conflict` when another process holds it; the signal's own reason; else the file system's error
 */
export async function acquireFileLease(stem: string, options: FileLeaseOptions): Promise<FileLease> {
  const { clock, signal, before, mode = 0o600 } = options
  const files = new LeaseFiles(stem, mode)
  const since = clock.now()
  const identity = { id: randomBytes(12).toString('hex'), ...(await thisProcess()) }
  const text = `${JSON.stringify({ ...identity, since: new Date(since).toISOString() })}\n`
  for (let turn = 0; turn < mostTurns; turn += 1) {
    signal?.throwIfAborted()
    const last = Math.max(before?.token ?? 0, ...(await files.all()).map(({ token }) => token))
    if (last > 0 && !(await isVacant(files, last, options))) continue
    const from = momentOf(clock)
    const token = last + 1
    if (!(await files.create(token, text))) continue
    // Who was slow may have made anew what others have held, released and swept meanwhile.
    const isTaken = (await files.all()).some(
      (file) => file.token > token || (file.token === token && file.kind !== 'lock'),
    )
    if (isTaken || !(await files.mark(token))) {
      await files.remove(token)
      continue
    }
    await files.pulse(token, clock.now())
    await files.sweepBelow(token)
    return new FileLease(files, { token, text, from }, options)
  }
  throw new FlotillaError('conflict', `${options.attempted}: others are taking ${stem} in turn`)
}

/** Who holds what `stem` names; undefined when nobody does, or its holder is surely dead. */
export async function fileLeaseHolder(stem: string): Promise<LeaseHolder | undefined> {
  const files = new LeaseFiles(stem, 0o600)
  const last = Math.max(0, ...(await files.all()).map(({ token }) => token))
  const found = last === 0 ? undefined : await files.read(last)
  if (found === undefined) return undefined
  const holder = holderOf(found)
  if (holder !== undefined && (await livenessOf(holder)) === 'dead') return undefined
  return { who: whoOf(holder), since: sinceOf(holder), token: last }
}

/** Whether a larger token was given out, or this one is somebody else's. */
export async function isFenced(stem: string, token: number): Promise<boolean> {
  const files = new LeaseFiles(stem, 0o600)
  const [isThere, isTakenOver] = await Promise.all([files.has(token, 'lock'), files.has(token + 1, 'lock')])
  if (isThere && !isTakenOver) return false
  return (await files.all()).some((file) => file.token > token)
}

interface Held {
  readonly token: number
  /** What stands in the lock. */
  readonly text: string
  /** From when it is valid. */
  readonly from: Moment
}

export class FileLease implements Lease {
  readonly token: number
  readonly renewEveryMs: number
  /** What stands in its lock. */
  readonly text: string
  readonly #files: LeaseFiles
  readonly #time: LeaseTime
  readonly #options: FileLeaseOptions

  constructor(files: LeaseFiles, { token, text, from }: Held, options: FileLeaseOptions) {
    const { clock, leaseMs = defaultLeaseMs } = options
    this.token = token
    this.text = text
    this.renewEveryMs = leaseMs / 2
    this.#files = files
    this.#time = new LeaseTime(clock, leaseMs, from)
    this.#options = options
  }

  isHeld(): boolean {
    return this.#time.isValid()
  }

  async renew(): Promise<void> {
    this.#refuseUnlessHeld()
    const { clock } = this.#options
    const from = momentOf(clock)
    if (!(await this.#showPulse())) this.#time.end()
    // Also when it took so long that somebody may have seen no pulse.
    if (!this.isHeld()) throw await this.#lost()
    this.#time.renew(from)
  }

  async release(): Promise<void> {
    this.#time.end()
    if ((await this.#files.read(this.token)) !== this.text) return
    await this.#files.free(this.token)
  }

  /** False when the lock is gone, or not this one's, or somebody has taken over. */
  async #showPulse(): Promise<boolean> {
    try {
      await this.#files.pulse(this.token, this.#options.clock.now())
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false
      throw error
    }
    const [found, isTakenOver] = await Promise.all([
      this.#files.read(this.token),
      this.#files.has(this.token + 1, 'lock'),
    ])
    return found === this.text && !isTakenOver
  }

  #refuseUnlessHeld(): void {
    if (this.isHeld()) return
    const { attempted } = this.#options
    throw new FlotillaError('conflict', `${attempted}: the lease was not renewed in time and is in doubt`)
  }

  async #lost(): Promise<FlotillaError> {
    const { attempted } = this.#options
    const last = Math.max(0, ...(await this.#files.all()).map(({ token }) => token))
    const found = await this.#files.read(last)
    if (found !== undefined && found !== this.text)
      return conflict(this.#files.pathOf(last), found, attempted)
    const path = this.#files.pathOf(this.token)
    const what = found === undefined ? `${path} was removed` : `${path} could not be renewed in time`
    return new FlotillaError('conflict', `${attempted}: ${what}: the lease is in doubt`)
  }
}

/** Whether the next token may be taken. False says to look again. */
async function isVacant(files: LeaseFiles, last: number, options: FileLeaseOptions): Promise<boolean> {
  const { before, attempted } = options
  const found = await files.read(last)
  const isOwn = before !== undefined && before.token === last && !before.isHeld()
  // Who takes over from itself needs no look: in doubt, it has not acted since.
  if (isOwn && (found === undefined || found === before.text)) return true
  if (found === undefined) {
    // A lock that was deleted, not released: its holder may live, and will notice within its next two pulses.
    return (await files.has(last, 'free')) || watch(files, last, options)
  }
  const holder = holderOf(found)
  const liveness = holder === undefined ? 'unknown' : await livenessOf(holder)
  if (liveness === 'dead') return true
  if (holder !== undefined && (await isFresh(files, last, holder, liveness, options)))
    throw conflict(files.pathOf(last), found, attempted)
  if (await watch(files, last, options)) return true
  if ((await files.read(last)) === found) throw conflict(files.pathOf(last), found, attempted)
  return false
}

/** Whether a process of this very place has shown its pulse so lately that it need not be watched. */
async function isFresh(
  files: LeaseFiles,
  last: number,
  holder: ProcessIdentity,
  liveness: 'alive' | 'unknown',
  { clock, leaseMs = defaultLeaseMs }: FileLeaseOptions,
): Promise<boolean> {
  if (liveness !== 'alive' && holder.place !== (await thisProcess()).place) return false
  const pulse = await files.pulseOf(last)
  const ageMs = pulse === undefined ? Infinity : clock.now() - pulse
  return ageMs >= -leaseMs && ageMs < leaseMs
}

/** True when the pulse stood still, all the time, and nobody else came. No clocks of two hosts are compared. */
async function watch(files: LeaseFiles, last: number, options: FileLeaseOptions): Promise<boolean> {
  const { clock, signal, leaseMs = defaultLeaseMs } = options
  const before = await files.pulseOf(last)
  for (let look = 0; look < watchLooks; look += 1) {
    await clock.sleep((leaseMs * watchRatio) / watchLooks, { signal })
    if ((await files.pulseOf(last)) !== before) return false
    if ((await files.all()).some(({ token }) => token > last)) return false
  }
  return true
}

type Holder = ProcessIdentity & { readonly since: string }

function holderOf(text: string): Holder | undefined {
  try {
    const parsed = JSON.parse(text) as Readonly<Record<string, unknown>>
    const identity = processOf(parsed)
    return identity === undefined ? undefined : { ...identity, since: String(parsed['since']) }
  } catch {
    return undefined
  }
}

const whoOf = (holder: Holder | undefined): string =>
  holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`

function sinceOf(holder: Holder | undefined): number {
  const since = Date.parse(holder?.since ?? '')
  return Number.isNaN(since) ? 0 : since
}

function conflict(path: string, found: string, attempted: string): FlotillaError {
  const holder = holderOf(found)
  const since = holder === undefined ? '' : ` since ${holder.since}`
  return new FlotillaError('conflict', `${attempted}: ${whoOf(holder)} has held it${since} (${path})`)
}
