import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import type { Server } from 'node:net'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import type { Clock } from '../../clock.js'
import { FlotillaError } from '../../errors.js'
import { errnoOf, systemFailure } from '../../system/system-failure.js'
import { acquireFileLease } from './file-lease.js'
import { giveBack, namesFrom, takeName } from './host-socket.js'
import type { Lease } from '../store.js'

/** What two controllers must have in common to work on the same machines. */
export interface HostLeaseKey {
  readonly group: string
  readonly backend: string
  readonly scope: string
}

export interface HostLeaseOptions {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** For tests; by default this host's. */
  readonly platform?: NodeJS.Platform | undefined
  /** Where files are kept when there are no abstract sockets; default `/tmp/flotilla`. */
  readonly directory?: string | undefined
}

/**
 * Makes this controller the only one of its machines on this host, without any store.
 *
 * On Linux by the name of an abstract socket, and not by a file: the kernel gives the name free at the very moment the
 * process is gone, so that no dead holder is ever taken for alive, whatever pid namespace it had; it holds across users
 * without a directory for all to write to; and it is no I/O to keep. A second name beside it says who holds the first, and
 * is read in /proc/net/unix, so that also a holder that is stopped can be named. The names are those of one network
 * namespace: a container with its own is, for this, another host.
 *
 * Elsewhere by files in one directory for all users, as `fileStore` does.
 *
 * @throws FlotillaError `conflict`, naming the holder
 */
export async function acquireHostLease(key: HostLeaseKey, options: HostLeaseOptions): Promise<Lease> {
  const { platform = process.platform } = options
  const name = `flotilla.${digestOf(key)}`
  if (platform === 'linux') {
    try {
      return await acquireSocket(key, name, options.clock)
    } catch (error) {
      if (error instanceof FlotillaError) throw error
      // A sandbox without such sockets.
    }
  }
  return acquireFile(key, name, options)
}

function digestOf({ group, backend, scope }: HostLeaseKey): string {
  return createHash('sha256')
    .update(JSON.stringify([group, backend, scope]))
    .digest('hex')
    .slice(0, 32)
}

async function acquireSocket(key: HostLeaseKey, name: string, clock: Clock): Promise<Lease> {
  // The sign goes up first, so that whoever finds the name taken can read by whom.
  const facts = `${process.pid}.${clock.now()}.${hostname()}`
  const sign = await takeName(`${name}.${facts}`)
  const takeBack = async (server: Server | undefined): Promise<void> => {
    if (server?.listening === true) await giveBack(server)
  }
  const lock = await takeName(name)
  if (lock === undefined) {
    await takeBack(sign)
    throw await conflict(key, name)
  }
  return {
    token: 0,
    isHeld: () => lock.listening,
    async renew() {
      if (!lock.listening) throw new FlotillaError('conflict', `${attempt(key)}: it was released`)
    },
    async release() {
      await takeBack(lock)
      await takeBack(sign)
    },
  }
}

async function acquireFile(key: HostLeaseKey, name: string, options: HostLeaseOptions): Promise<Lease> {
  const { clock, signal, directory = '/tmp/flotilla' } = options
  try {
    await openToAll(directory)
    const mode = 0o644
    return await acquireFileLease(join(directory, name), { attempted: attempt(key), clock, signal, mode })
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    throw systemFailure(`${attempt(key)} in ${directory}`, error)
  }
}

/** Everybody may put a file in it, and remove only his own. */
async function openToAll(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  try {
    await chmod(directory, 0o1777)
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error
  }
}

const attempt = ({ group, backend }: HostLeaseKey): string => `hold group ${group} of ${backend} on this host`

async function conflict(key: HostLeaseKey, name: string): Promise<FlotillaError> {
  const who = await holderOf(name)
  const advice = 'stop that one first, or give one of the two another group'
  return new FlotillaError('conflict', `${attempt(key)}: ${who}; ${advice}`)
}

/** Who has it and since when, in words. */
async function holderOf(name: string): Promise<string> {
  const signs = (await namesFrom(`${name}.`).catch(() => [])).flatMap((sign) => {
    const [, pid = '', since, host = ''] = /^\.(\d+)\.(\d+)\.(.*)$/.exec(sign.slice(name.length)) ?? []
    return pid === '' ? [] : [{ pid, since: Number(since), host }]
  })
  // Others may be finding it taken at this moment; the holder came first.
  const [holder] = signs.toSorted((a, b) => a.since - b.since)
  if (holder === undefined) return 'another process holds it'
  const { pid, since, host } = holder
  const isHere = host !== '' && hostname().startsWith(host)
  const command = isHere ? await commandOf(pid) : ''
  const what =
    Number(pid) === process.pid && isHere ? 'another controller of this very process' : `process ${pid}`
  return `${what}${command} on ${host} has held it since ${new Date(since).toISOString()}`
}

/** The program and its first argument, ` (node main.js)`. No more of it: a secret may follow. */
async function commandOf(pid: string): Promise<string> {
  try {
    const [program = '', script = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')
    const words = [basename(program), ...(script === '' || script.startsWith('-') ? [] : [script])]
    return words[0] === '' ? '' : ` (${words.join(' ')})`
  } catch {
    return ''
  }
}
