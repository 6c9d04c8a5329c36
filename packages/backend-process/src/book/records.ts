import { randomUUID } from 'node:crypto'
import { readFile, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  check,
  createAtomically,
  errnoOf,
  makeDirectory,
  unlessMissing,
  writeAtomically,
} from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { OutputPaths } from './output.js'
import { parseRecord, type LaunchRecord } from './record.js'

/** The record that holds for a token: the one of the highest generation. */
export interface Held {
  /**
   * 1 for the first to claim the token; each controller that takes over from a dead one adds 1. A generation can be
   * claimed once, so of two that see the same dead one, one gets it.
   */
  readonly generation: number
  /** Absent when the file is damaged. */
  readonly record: LaunchRecord | undefined
}

const launchFile = /^launch-([1-9]\d{0,8})\.json$/
const name = check.name()
/** Nothing is synced to the disk: processes do not outlive a power loss, so neither need what is known of them. */
const fleeting = { isDurable: false }
/** No token begins with a dot. */
const asidePrefix = '.gone-'

/**
 * The records of a state directory: `groups/<group>/<token>/launch-<generation>.json`, beside the instance's output.
 * Groups and tokens must have been checked before they come here.
 */
export class Records {
  readonly #root: string

  constructor(stateDir: string) {
    this.#root = stateDir
  }

  directory(group: string, token: string): string {
    return join(this.#root, 'groups', group, token)
  }

  output(group: string, token: string): OutputPaths {
    const directory = this.directory(group, token)
    return { current: join(directory, 'output.log'), previous: join(directory, 'output.1.log') }
  }

  /** The tokens of a group that have a directory. What a killed controller left half removed goes on the way. */
  async tokens(group: string): Promise<readonly string[]> {
    const directory = join(this.#root, 'groups', group)
    const names = await list(directory)
    const halfRemoved = names.filter((entry) => entry.startsWith(asidePrefix))
    await Promise.allSettled(
      halfRemoved.map((entry) => rm(join(directory, entry), { recursive: true, force: true })),
    )
    return names.filter((token) => v.is(name, token))
  }

  async read(group: string, token: string): Promise<Held | undefined> {
    const names = await list(this.directory(group, token))
    const generations = names.map((file) => Number(launchFile.exec(file)?.[1] ?? 0))
    const generation = Math.max(0, ...generations)
    if (generation === 0) return undefined
    const json = await unlessMissing(readFile(this.#file(group, token, generation), 'utf8'))
    return json === undefined ? undefined : { generation, record: parseRecord(json) }
  }

  /** Claims one generation of a token; false when somebody was first. */
  async claim(group: string, token: string, { generation, record }: Required<Held>): Promise<boolean> {
    await makeDirectory(this.directory(group, token))
    try {
      return await createAtomically(this.#file(group, token, generation), JSON.stringify(record), fleeting)
    } catch (error) {
      // The directory was removed meanwhile: whoever did so was first.
      if (errnoOf(error) === 'ENOENT') return false
      throw error
    }
  }

  /** Replaces the record of a generation that the caller has claimed. */
  async write(group: string, token: string, { generation, record }: Required<Held>): Promise<void> {
    await writeAtomically(this.#file(group, token, generation), JSON.stringify(record), fleeting)
  }

  /** Moves the output of an instance to `logs/<group>/<token>.log`, and what was cut off from it to `<token>.1.log`. */
  async keepOutput(group: string, token: string): Promise<void> {
    const directory = join(this.#root, 'logs', group)
    await makeDirectory(directory)
    const { current, previous } = this.output(group, token)
    await unlessMissing(rename(previous, join(directory, `${token}.1.log`)))
    await unlessMissing(rename(current, join(directory, `${token}.log`)))
  }

  /** Removes the group's own directory once nothing is in it. */
  async removeEmptyGroup(group: string): Promise<void> {
    try {
      await rmdir(join(this.#root, 'groups', group))
    } catch (error) {
      const code = errnoOf(error)
      if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    }
  }

  /** Removes all that is kept of a token, its output too; nothing happens when there is nothing. */
  async remove(group: string, token: string): Promise<void> {
    const aside = join(this.#root, 'groups', group, `${asidePrefix}${randomUUID()}`)
    try {
      // Renamed first: a directory half removed would read as another record than it was.
      await rename(this.directory(group, token), aside)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return
      throw error
    }
    await rm(aside, { recursive: true, force: true })
  }

  /** When the token's directory was last changed, epoch milliseconds: all that is known of an age without a record. */
  async changedAt(group: string, token: string): Promise<number> {
    const directory = await unlessMissing(stat(this.directory(group, token)))
    return Math.round(directory?.mtimeMs ?? 0)
  }

  #file(group: string, token: string, generation: number): string {
    return join(this.directory(group, token), `launch-${generation}.json`)
  }
}

async function list(directory: string): Promise<readonly string[]> {
  return (await unlessMissing(readdir(directory))) ?? []
}
