import { randomInt, randomUUID } from 'node:crypto'
import { readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { FlotillaError } from '@flotilla/core'
import { errnoOf, makeDirectory } from '@flotilla/core/authoring'
import { isPortFree } from '../host/free-port.js'
import { instanceId } from '../labels.js'
import type { Records } from './records.js'

/** Where a port is wanted, and for whom. */
export interface PortRequest {
  readonly host: string
  readonly portRange: readonly [number, number]
  readonly group: string
  readonly token: string
  readonly signal: AbortSignal
  /** Writes a port down before it is taken, so that one taken by a controller that is then killed is given back. */
  announce(port: number): Promise<void>
}

/**
 * The ports that the instances of a state directory hold: one link each, `ports/<port>`, to the holder's own directory.
 * A link can be made once, so no port is given out twice, whatever controllers work at the same time. A holder has its
 * directory for as long as it has a port: claimed before, removed after.
 */
export class Ports {
  readonly #directory: string
  readonly #records: Records

  constructor(stateDir: string, records: Records) {
    this.#directory = join(stateDir, 'ports')
    this.#records = records
  }

  /**
   * A port that nobody listens on and no other instance holds.
   *
   * @throws FlotillaError `no-capacity` when there is none in the range
   */
  async reserve(request: PortRequest): Promise<number> {
    const { host, portRange, group, token, signal } = request
    const [first, last] = portRange
    await makeDirectory(this.#directory)
    const count = last - first + 1
    // Starting anywhere keeps the port of an instance just gone, and connections that linger on it, out of play.
    const offset = randomInt(count)
    for (let tried = 0; tried < count; tried += 1) {
      signal.throwIfAborted()
      const port = first + ((offset + tried) % count)
      if (await this.#isHeld(port)) continue
      await request.announce(port)
      // Tried only while held: a trial would be in the way of an instance that is about to listen there.
      if (!(await this.#take(port, group, token))) continue
      if (await isPortFree(host, port)) return port
      await this.release(port, group, token)
    }
    const id = instanceId(group, token)
    const message = `launch ${id}: no port from ${first} to ${last} is free on ${host}; widen \`portRange\``
    throw new FlotillaError('no-capacity', message)
  }

  /** Gives a port back, if this instance holds it. */
  async release(port: number, group: string, token: string): Promise<void> {
    const isOurs = (await readLink(this.#link(port))) === this.#target(group, token)
    if (isOurs) await rm(this.#link(port), { force: true })
  }

  /** Gives back whatever this instance holds, when nobody knows any more what that was. */
  async releaseAll(group: string, token: string): Promise<void> {
    const names = await readdir(this.#directory).catch(() => [])
    const ports = names.map(Number).filter((port) => Number.isSafeInteger(port))
    await Promise.all(ports.map(async (port) => this.release(port, group, token)))
  }

  async #take(port: number, group: string, token: string): Promise<boolean> {
    try {
      await symlink(this.#target(group, token), this.#link(port))
      return true
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false
      throw error
    }
  }

  async #isHeld(port: number): Promise<boolean> {
    const target = await readLink(this.#link(port))
    if (target === undefined) return false
    if (await exists(join(this.#directory, target))) return true
    // The holder's directory was removed by hand, and the port is free again.
    return !(await this.#discard(port, target))
  }

  /** Removes a link that leads nowhere, unless another holder's has taken its place since it was read. */
  async #discard(port: number, target: string): Promise<boolean> {
    const aside = `${this.#link(port)}.${randomUUID()}.gone`
    try {
      await rename(this.#link(port), aside)
      const found = await readLink(aside)
      if (found !== undefined && found !== target) await symlink(found, this.#link(port))
      await rm(aside, { force: true })
      return found === target
    } catch {
      return false
    }
  }

  #link(port: number): string {
    return join(this.#directory, String(port))
  }

  #target(group: string, token: string): string {
    return relative(this.#directory, this.#records.directory(group, token))
  }
}

async function readLink(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT') return undefined
    // Not a link: put there by hand, and as good as held.
    if (code === 'EINVAL') return '.'
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
