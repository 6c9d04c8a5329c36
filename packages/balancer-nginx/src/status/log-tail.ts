import { open, type FileHandle } from 'node:fs/promises'
import { errnoOf } from '@flotilla/core/authoring'

/** What one look at a log gave. */
export interface Tail {
  /** Why some lines were missed; undefined when none was. */
  readonly missed: string | undefined
}

const chunkBytes = 256 * 1024

/**
 * Reads what was added to a file since the last look, in chunks, so that a long one neither fills the memory nor holds up
 * the event loop. A file that was rotated or emptied is read from its start.
 */
export class LogTail {
  readonly #path: string
  readonly #mostBytes: number
  #at: { readonly inode: number; readonly offset: number } | undefined
  #carry = ''

  constructor(path: string, mostBytes: number) {
    this.#path = path
    this.#mostBytes = mostBytes
  }

  /**
   * Hands over each complete line that is new. The first look only finds the end: undefined.
   *
   * @throws the system's error when the file is not there or cannot be read
   */
  async read(onLine: (line: string) => void, signal: AbortSignal): Promise<Tail | undefined> {
    let file: FileHandle
    try {
      file = await open(this.#path, 'r')
    } catch (error) {
      // What is in it once it is there will all be new.
      if (errnoOf(error) === 'ENOENT') this.#at ??= { inode: 0, offset: 0 }
      throw error
    }
    try {
      return await this.#readFrom(file, onLine, signal)
    } finally {
      await file.close()
    }
  }

  async #readFrom(
    file: FileHandle,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<Tail | undefined> {
    const { ino: inode, size } = await file.stat()
    if (this.#at === undefined) {
      this.#at = { inode, offset: size }
      return undefined
    }
    const continues = this.#at.inode === inode && this.#at.offset <= size
    let missed = continues || this.#at.inode === 0 ? undefined : 'the log was rotated since the last sample'
    let offset = continues ? this.#at.offset : 0
    if (!continues) this.#carry = ''
    if (size - offset > this.#mostBytes) {
      missed = 'more was logged since the last sample than is read at once'
      offset = size - this.#mostBytes
      this.#carry = ''
    }
    while (offset < size) {
      signal.throwIfAborted()
      const length = Math.min(chunkBytes, size - offset)
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.alloc(length),
        position: offset,
        length,
      })
      if (bytesRead === 0) break
      offset += bytesRead
      const lines = (this.#carry + buffer.toString('latin1', 0, bytesRead)).split('\n')
      this.#carry = lines.pop() ?? ''
      for (const line of lines) onLine(line)
      this.#at = { inode, offset }
    }
    this.#at = { inode, offset }
    return { missed }
  }
}
