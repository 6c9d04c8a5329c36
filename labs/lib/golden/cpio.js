/**
 * @typedef {object} Entry
 * @property {string} path - without a leading slash
 * @property {number} mode - type and permissions, as `stat` gives them
 * @property {Buffer} [content] - of a file; of a symbolic link its target
 */

export const fileType = { directory: 0o040000, file: 0o100000, link: 0o120000 }

/**
 * An archive as the kernel unpacks it at boot: cpio's `newc`, owned by root, all times zero, so that the same entries
 * give the same bytes.
 *
 * @param {readonly Entry[]} entries - a directory before what is in it
 * @returns {Buffer}
 * @see https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
 */
export function cpioArchive(entries) {
  const parts = [...entries, { path: 'TRAILER!!!', mode: 0 }].map(({ path, mode, content }, index) => {
    const size = content?.length ?? 0
    const numbers = [index + 1, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, path.length + 1, 0]
    const header = `070701${numbers.map((one) => one.toString(16).padStart(8, '0')).join('')}${path}\0`
    return Buffer.concat([padded(Buffer.from(header)), padded(content ?? Buffer.alloc(0))])
  })
  return Buffer.concat(parts)
}

/** @param {Buffer} bytes */
function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}
