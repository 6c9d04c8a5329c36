import { open, stat } from 'node:fs/promises'

/** No more than this of the end of a log is read. */
const longestTailBytes = 64 * 1024

/** Where a log ends now; 0 for one that is not there or cannot be looked at. */
export async function endOfLog(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}

/** What was logged since the log ended there; nothing when it cannot be read. One that was rotated is read whole. */
export async function loggedSince(path: string, end: number): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const from = Math.max(size < end ? 0 : end, size - longestTailBytes)
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - from), position: from })
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return ''
  }
}
