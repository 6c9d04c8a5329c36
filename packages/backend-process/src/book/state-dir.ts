import { randomUUID } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { FlotillaError } from '@flotilla/core'
import { createAtomically, errnoOf, makeDirectory, sweepTemporary } from '@flotilla/core/authoring'
import { fromSystem } from '../errors.js'

/** Where state is kept unless the user says where: what the system sets aside for it, per user. */
export function defaultStateDir(
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
  xdgStateHome: string | undefined = process.env['XDG_STATE_HOME'],
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'flotilla', 'processes')
  // The XDG specification has relative paths ignored.
  const base =
    xdgStateHome !== undefined && isAbsolute(xdgStateHome) ? xdgStateHome : join(home, '.local', 'state')
  return join(base, 'flotilla', 'processes')
}

/** The path without symbolic links as far as it exists, so that one directory has one name. */
export function canonicalPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(canonicalPath(parent), basename(path))
  }
}

const idFile = 'id'
const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Makes the state directory ready for use.
 *
 * @returns the directory's own id, which marks the instances started from it as its
 * @throws FlotillaError when it cannot be made or written, or others could write to it
 */
export async function openStateDir(path: string): Promise<string> {
  try {
    await makeDirectory(path)
    await refuseUnsafe(path)
    const id = (await readId(path)) ?? (await makeId(path))
    await sweepTemporary(join(path, idFile))
    return id
  } catch (error) {
    throw unusable(error, path)
  }
}

/** The first to come makes the id; who comes at the same moment reads what won. */
async function makeId(path: string): Promise<string> {
  try {
    await createAtomically(join(path, idFile), randomUUID(), { isDurable: false })
  } catch (error) {
    // Somebody whose id is there already has swept our temporary file.
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  const id = await readId(path)
  if (id === undefined) {
    throw new FlotillaError('conflict', `open state directory ${path}: it is being removed`)
  }
  return id
}

/** What the user gave, what is wrong with it, and what would do. */
function unusable(error: unknown, path: string): FlotillaError {
  if (error instanceof FlotillaError) return error
  const { code, message } = fromSystem(error, `processes: stateDir ${path} cannot be used`)
  const what = `${message}; give a directory on a local disk that this user may write to`
  return new FlotillaError(code, what, { field: 'stateDir', cause: error })
}

async function readId(path: string): Promise<string | undefined> {
  const file = join(path, idFile)
  try {
    const id = (await readFile(file, 'utf8')).trim()
    if (uuidPattern.test(id)) return id
    throw new FlotillaError(
      'state-damaged',
      `${file} does not hold an id: end what runs from there, then remove it`,
    )
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** A record says which process to end: nobody else may write one. */
async function refuseUnsafe(path: string): Promise<void> {
  const { mode, uid } = await stat(path)
  const me = process.geteuid?.()
  if (me !== undefined && me !== uid) {
    throw new FlotillaError(
      'permission-denied',
      `state directory ${path} belongs to user ${uid}, not to ${me}`,
    )
  }
  if ((mode & 0o022) !== 0) {
    const who = (mode & 0o002) !== 0 ? 'everyone' : 'its group'
    throw new FlotillaError(
      'permission-denied',
      `state directory ${path} may be written by ${who}, and what is written there says which processes to end: ` +
        `chmod go-w it`,
    )
  }
}
