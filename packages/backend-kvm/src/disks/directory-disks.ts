import { open, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inParallel, systemFailure, unlessMissing } from '@flotilla/core/authoring'
import type { Step } from '../connection/link.js'
import { baseName, readFileName } from '../names.js'
import type { Backing } from '../xml/volume-xml.js'
import type { DiskStore, Overlay } from './disk-store.js'
import { qcow2Backing } from './qcow2-backing.js'
import { imageInfo, qemuImg } from './qemu-img.js'

const codes = { ENOSPC: 'no-capacity', EDQUOT: 'no-capacity', ENOENT: 'invalid-template' } as const
/** Headers of images that are read at one time. */
const readsAtOnce = 8

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

  async remove(files: readonly string[], step: Step): Promise<void> {
    for (const file of files) {
      await this.#files(`${step.what}: remove ${file}`, async () => rm(this.pathOf(file), { force: true }))
    }
  }

  async overlays(step: Step): Promise<readonly Overlay[]> {
    const strangers = (await this.list(step)).filter((file) => readFileName(file) === undefined)
    const found = await inParallel(strangers, readsAtOnce, async (file) => {
      // A file that cannot be read as an image is none; so is a directory.
      const backing = await qcow2Backing(this.pathOf(file)).catch(() => undefined)
      return backing === undefined ? undefined : { file, base: baseName(backing) }
    })
    return found.filter((one) => one !== undefined)
  }

  async tail(file: string, maxBytes: number, step: Step): Promise<Uint8Array | undefined> {
    return this.#files(`${step.what}: read ${file}`, async () => {
      const opened = await unlessMissing(open(this.pathOf(file), 'r'))
      if (opened === undefined) return undefined
      try {
        const { size } = await opened.stat()
        const from = Math.max(0, size - maxBytes)
        const bytes = Buffer.alloc(Math.min(size, maxBytes))
        const { bytesRead } = await opened.read(bytes, 0, bytes.length, from)
        return bytes.subarray(0, bytesRead)
      } finally {
        await opened.close()
      }
    })
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
      throw systemFailure(what, error, { codes })
    }
  }
}
