import { appendFile, open, rename, rm, stat, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf } from '../../system/system-failure.js'
import { makeDirectory } from '../../system/make-directory.js'

export interface RotatingFileOptions {
  readonly path: string
  /** A file that would grow past this makes way for a new one. */
  readonly maxBytes: number
  /** How many old files are kept: `path.1` is the newest. */
  readonly keep: number
}

/** Lines appended to a file that never grows past its bound. Not for two callers at a time. */
export class RotatingFile {
  readonly #options: RotatingFileOptions
  #isDirectoryMade = false

  constructor(options: RotatingFileOptions) {
    this.#options = options
  }

  /**
   * Appends whole lines; rotates before, when they would not fit. When it rejects, the file holds none of them, as far as
   * the file system allows. Half a line that a crash left at the file's end stays a line of its own.
   */
  async append(text: string): Promise<void> {
    const { path, maxBytes } = this.#options
    if (!this.#isDirectoryMade) {
      await makeDirectory(dirname(path))
      this.#isDirectoryMade = true
    }
    let size = await sizeOf(path)
    if (size > 0 && size + Buffer.byteLength(text) > maxBytes) {
      await this.#rotate()
      size = 0
    }
    try {
      const lines = size > 0 && !(await endsInNewline(path, size)) ? `\n${text}` : text
      await appendFile(path, lines, { mode: 0o600 })
    } catch (error) {
      // A full disk takes half a line. Whoever reads the file should not meet it.
      await truncate(path, size).catch(() => {})
      throw error
    }
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#options
    const names = [path, ...Array.from({ length: keep }, (_, index) => `${path}.${index + 1}`)]
    await rm(names.at(-1) ?? path, { force: true })
    for (let index = names.length - 2; index >= 0; index -= 1) {
      await renameIfThere(names[index] ?? path, names[index + 1] ?? path)
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0
    throw error
  }
}

async function endsInNewline(path: string, size: number): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
    return bytesRead === 1 && buffer.toString() === '\n'
  } finally {
    await file.close()
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}
