import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FlotillaError, messageOf } from '@flotilla/core'
import type { DiskStore, Step } from './disk-store.js'
import { imageInfo, qemuImg } from './qemu-img.js'
import type { Backing } from './volume-xml.js'

/** Files of a directory of this host, made by `qemu-img`. */
export class DirectoryDisks implements DiskStore {
  readonly #directory: string
  readonly #timeoutMs: number

  constructor(directory: string, timeoutMs: number) {
    this.#directory = directory
    this.#timeoutMs = timeoutMs
  }

  pathOf(file: string): string {
    return join(this.#directory, file)
  }

  async makeOverlay(file: string, backing: Backing, step: Step): Promise<bigint> {
    const path = this.pathOf(file)
    const named = { ...step, what: `${step.what}: clone the golden image` }
    const base = ['-b', backing.path, '-F', backing.format]
    await this.#run(['create', '-q', '-f', 'qcow2', '-o', 'compat=1.1', ...base, path], named)
    return (await imageInfo(path, named, this.#timeoutMs)).capacityBytes
  }

  async makeBlank(file: string, format: 'qcow2' | 'raw', capacityBytes: number, step: Step): Promise<void> {
    const named = { ...step, what: `${step.what}: make ${file}` }
    await this.#run(['create', '-q', '-f', format, this.pathOf(file), String(capacityBytes)], named)
  }

  async makeWith(file: string, content: Uint8Array, step: Step): Promise<void> {
    await this.#files(`${step.what}: make ${file}`, async () =>
      writeFile(this.pathOf(file), content, { mode: 0o600, signal: step.signal }),
    )
  }

  async remove(file: string, step: Step): Promise<void> {
    await this.#files(`${step.what}: remove ${file}`, async () => rm(this.pathOf(file), { force: true }))
  }

  async list(step: Step): Promise<readonly string[]> {
    return this.#files(`${step.what}: list ${this.#directory}`, async () => readdir(this.#directory))
  }

  async #run(args: readonly string[], step: Step): Promise<void> {
    await qemuImg(args, step, this.#timeoutMs)
  }

  async #files<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      const ours =
        code === 'ENOSPC' || code === 'EDQUOT'
          ? 'no-capacity'
          : code === 'EACCES' || code === 'EPERM'
            ? 'permission-denied'
            : code === 'ENOENT'
              ? 'invalid-template'
              : 'unknown'
      throw new FlotillaError(ours, `${what}: ${messageOf(error)}`, { cause: error })
    }
  }
}
