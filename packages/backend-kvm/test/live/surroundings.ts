import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect } from '@flotilla/libvirt'
import { blankXml } from '../../src/xml/volume-xml.js'
import { pidOfLibvirtd, pool, uri } from './lab.js'

const run = promisify(execFile)

/** A network of the test's own, whose DHCP has one address for whoever asks. */
export async function startTinyNetwork(scope: string): Promise<{ name: string; stop: () => Promise<void> }> {
  const connection = await connect(uri())
  const name = `tiny-${scope}`
  const network = await connection.networkDefineXml(
    `<network><name>${name}</name><bridge name='virbr8' stp='off'/><ip address='10.211.57.1' netmask='255.255.255.0'>` +
      `<dhcp><range start='10.211.57.100' end='10.211.57.100'/></dhcp></ip></network>`,
  )
  await connection.networkCreate(network)
  return {
    name,
    async stop() {
      await connection.networkDestroy(network)
      await connection.networkUndefine(network)
      await connection.close()
    },
  }
}

/**
 * A program for a disk's first sector: it writes over the whole disk, 32 KiB at a time, without end.
 *
 *     ds = 0; si = packet; again: BIOS 0x13, function 0x43 (write); the packet's first sector += 64; again
 *     packet: 64 sectors, from memory 0000:8000, to sector 1 and on
 */
const writer = '31c08ed8be137cb80043cd1383061b7c40ebf410004000008000000100000000000000'

const mib = 2 ** 20
const imageBytes = 16 * mib

/** A storage pool that is nearly full from the start, and a golden image whose machines fill it up. */
export async function startFullStorage(
  scope: string,
): Promise<{ pool: string; golden: string; grow: () => Promise<void>; stop: () => Promise<void> }> {
  const connection = await connect(uri())
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-full-'))
  // The daemon has mounts of its own.
  const mount = async (...args: readonly string[]): Promise<void> => {
    await run('nsenter', [`--mount=/proc/${pidOfLibvirtd()}/ns/mnt`, ...args])
  }
  await mount('mount', '-t', 'tmpfs', '-o', 'size=2m', 'flotilla', directory)
  const name = `full-${scope}`
  const small = await connection.storagePoolCreateXml(
    `<pool type='dir'><name>${name}</name><target><path>${directory}</path></target></pool>`,
  )
  const golden = `${scope}-writer.raw`
  const boot = Buffer.alloc(512)
  boot.write(writer, 'hex')
  boot.writeUInt16BE(0x55aa, 510)
  const large = await connection.storagePoolLookupByName(pool())
  const volume = await connection.storageVolCreateXml(large, blankXml(golden, 'raw', imageBytes))
  await connection.storageVolUpload(volume, boot)
  return {
    pool: name,
    golden,
    grow: async () => mount('mount', '-o', 'remount,size=64m', directory),
    async stop() {
      await connection.storagePoolDestroy(small)
      await connection.storageVolDelete(volume)
      await connection.close()
      await mount('umount', directory)
      await rm(directory, { recursive: true, force: true })
    },
  }
}
