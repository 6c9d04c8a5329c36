/** Stream, three zeros, and how much follows. */
const headerBytes = 8

/**
 * The text of a container's log. Without a terminal its two streams are told apart by frames; with one the bytes stand as
 * they were written. What is framed is framed to its end, but for a cut.
 */
export function logText(bytes: Buffer): string {
  const parts: Buffer[] = []
  let at = 0
  while (at + headerBytes <= bytes.length) {
    const isHeader = bytes.readUInt8(at) <= 2 && bytes.readUIntBE(at + 1, 3) === 0
    if (!isHeader) return bytes.toString('utf8')
    const end = at + headerBytes + bytes.readUInt32BE(at + 4)
    parts.push(bytes.subarray(at + headerBytes, end))
    at = end
  }
  return parts.length === 0 ? bytes.toString('utf8') : Buffer.concat(parts).toString('utf8')
}
