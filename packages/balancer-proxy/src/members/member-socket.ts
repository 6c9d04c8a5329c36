import { Socket } from 'node:net'

type Written = (error?: Error | null) => void

/** After this a write that failed is told after all. By then what the member had sent has long been read. */
const heldMs = 1000

/**
 * A connection to a member that may answer before it has read the whole request, and then close: an early 413, say. The
 * next write fails, and that alone would close the socket, with the answer in it still unread. So a failed write is held
 * back, and reading goes on to what the member said last; its end closes the socket.
 */
export class MemberSocket extends Socket {
  override _write(chunk: Buffer, encoding: BufferEncoding, written: Written): void {
    // oxlint-disable-next-line no-underscore-dangle -- how a stream's author names it
    super._write(chunk, encoding, this.#heldBack(written))
  }

  override _writev(
    chunks: { readonly chunk: Buffer; readonly encoding: BufferEncoding }[],
    written: Written,
  ): void {
    // oxlint-disable-next-line no-underscore-dangle -- as above
    super._writev?.([...chunks], this.#heldBack(written))
  }

  #heldBack(written: Written): Written {
    return (error) => {
      if (error === undefined || error === null || this.readableEnded) return written(error)
      const tell = (): void => {
        clearTimeout(timer)
        written(error)
      }
      const timer = setTimeout(tell, heldMs)
      this.once('end', tell).once('close', () => clearTimeout(timer))
    }
  }
}
