const blockBytes = 512

/**
 * A tar archive that holds one file.
 *
 * @param name - at most 100 bytes
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html (ustar interchange format)
 */
export function tarOf(name: string, content: Buffer, mode: number): Buffer {
  const header = Buffer.alloc(blockBytes)
  const put = (text: string, at: number): void => void header.write(text, at, 'latin1')
  put(name, 0)
  put(`${octal(mode, 7)}\0`, 100)
  put(`${octal(0, 7)}\0`, 108)
  put(`${octal(0, 7)}\0`, 116)
  put(`${octal(content.length, 11)}\0`, 124)
  put(`${octal(Math.floor(Date.now() / 1000), 11)}\0`, 136)
  put('0', 156)
  put('ustar\u000000', 257)
  // The checksum counts its own field as blanks.
  put(' '.repeat(8), 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  put(`${octal(sum, 6)}\0 `, 148)
  const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes)
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * blockBytes)])
}

/** The content of the first regular file in an archive, and its mode; undefined when it holds none. */
export function fileInTar(archive: Buffer): { readonly content: Buffer; readonly mode: number } | undefined {
  let at = 0
  while (at + blockBytes <= archive.length) {
    const header = archive.subarray(at, at + blockBytes)
    if (header[0] === 0) return undefined
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8)
    const type = header.toString('latin1', 156, 157)
    const start = at + blockBytes
    if (type === '0' || type === '\0') {
      const mode = Number.parseInt(header.toString('latin1', 100, 108), 8)
      return { content: archive.subarray(start, start + size), mode }
    }
    // Extended headers (`x`, `g`) come before their file, and say nothing that we need.
    at = start + Math.ceil(size / blockBytes) * blockBytes
  }
  return undefined
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
