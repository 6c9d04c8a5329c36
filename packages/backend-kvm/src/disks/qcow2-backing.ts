import { open } from 'node:fs/promises'

const magic = 0x51_46_49_fb
const headerBytes = 20
/** QEMU takes no longer name. */
const nameMaxBytes = 1023

/**
 * The backing file that a qcow2 image names; undefined when it is no qcow2 image or has none. Takes no lock, so
 * it can be asked of an image that a machine has open.
 *
 * @see https://www.qemu.org/docs/master/interop/qcow2.html (header)
 */
export async function qcow2Backing(path: string): Promise<string | undefined> {
  const file = await open(path, 'r')
  try {
    const header = Buffer.alloc(headerBytes)
    const { bytesRead } = await file.read(header, 0, headerBytes, 0)
    if (bytesRead < headerBytes || header.readUInt32BE(0) !== magic) return undefined
    const [at, length] = [header.readBigUInt64BE(8), header.readUInt32BE(16)]
    if (at === 0n || length === 0 || length > nameMaxBytes) return undefined
    const name = Buffer.alloc(length)
    const read = await file.read(name, 0, length, Number(at))
    return name.subarray(0, read.bytesRead).toString('utf8')
  } finally {
    await file.close()
  }
}
