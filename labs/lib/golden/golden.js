import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { cpioArchive, fileType } from './cpio.js'
import { dependencyOf, unpackDeb } from './debs.js'
import { kernelModules } from './kernel-modules.js'
import { sh } from '../sh.js'

/** @import { Entry } from './cpio.js' */

const guestDirectory = fileURLToPath(new URL('guest', import.meta.url))
const cloudDirectory = fileURLToPath(new URL('guest-of-a-cloud', import.meta.url))
const directories = [
  'bin',
  'dev',
  'proc',
  'sys',
  'tmp',
  'etc',
  'etc/acpi',
  'etc/acpi/PWRF',
  'mod',
  'run',
  'www',
  'www/cgi-bin',
  'disk',
  'config',
]
const modules = [
  'virtio_pci',
  'virtio_net',
  'virtio_balloon',
  'virtio_blk',
  'pvpanic_mmio',
  'pvpanic_pci',
  'button',
  'evdev',
]
/** For its own disk, and a configuration drive on a CD. */
const cloudModules = ['vfat', 'nls_ascii', 'nls_cp437', 'ata_piix', 'sr_mod', 'isofs']
const commandLine =
  'console=ttyS0 quiet loglevel=3 panic=1 nokaslr mitigations=off random.trust_cpu=on tsc=reliable net.ifnames=0'
const virtualMebibytes = 64

/**
 * @typedef {object} GoldenOptions
 * @property {string} golden - path of the image
 * @property {string} workDirectory
 * @property {number} [bootSeconds] - of CPU time that its machines spend before they serve
 * @property {boolean} [forCloud] - keeps its disk at /disk, and runs the user data of a configuration drive
 * @property {AbortSignal} signal
 * @property {(line: string) => void} log
 */

/**
 * Makes the golden image: a Debian kernel, busybox and the files of `guest/` on a bootable disk of some 15 MiB, from
 * Debian packages that are unpacked and not installed. It runs from memory; 96 MiB do. Does nothing when it is there.
 *
 * @param {GoldenOptions} given
 */
export async function buildGolden({ golden, workDirectory, bootSeconds, forCloud = false, signal, log }) {
  if (existsSync(golden)) return
  log('building the golden image')
  const work = mkdtempSync(join(workDirectory, 'golden-'))
  try {
    const debs = { directory: join(workDirectory, 'debs'), signal }
    const image = await dependencyOf(debs, 'linux-image-cloud-amd64', /linux-image-[^ ,]*/)
    const version = image.replace('linux-image-', '')
    await unpackDeb(debs, image, join(work, 'kernel'))
    await unpackDeb(debs, 'busybox-static', join(work, 'busybox'))
    const tools = ['mtools', 'dosfstools', 'syslinux', 'syslinux-common']
    for (const name of tools) await unpackDeb(debs, name, join(work, 'tools'))

    const names = forCloud ? [...modules, ...cloudModules] : modules
    const loaded = kernelModules(join(work, `kernel/lib/modules/${version}/kernel`), names)
    const busybox = readFileSync(join(work, 'busybox/bin/busybox'))
    const applets = (await sh(join(work, 'busybox/bin/busybox'), ['--list'], { signal }))
      .split('\n')
      .filter(Boolean)
    const files = forCloud ? [guestDirectory, cloudDirectory] : [guestDirectory]
    const disk = join(work, 'disk')
    copyFileSync(join(work, `kernel/boot/vmlinuz-${version}`), join(work, 'vmlinuz'))
    writeFileSync(
      join(work, 'initrd.img'),
      gzipSync(cpioArchive([...rootOf(busybox, applets, loaded), ...files.flatMap(filesIn)]), { level: 9 }),
    )
    const extra = bootSeconds === undefined ? '' : ` guest.boot=${bootSeconds}`
    const entry = `  KERNEL vmlinuz\n  INITRD initrd.img\n  APPEND ${commandLine}${extra}\n`
    writeFileSync(join(work, 'syslinux.cfg'), `DEFAULT guest\nPROMPT 0\nTIMEOUT 0\nLABEL guest\n${entry}`)
    await makeDisk(disk, work, signal)
    await sh(
      'qemu-img',
      ['convert', '-q', '-f', 'raw', '-O', 'qcow2', '-o', 'compat=1.1', disk, `${golden}.new`],
      { signal },
    )
    // A golden image is only read; clones are made of it.
    chmodSync(`${golden}.new`, 0o444)
    renameSync(`${golden}.new`, golden)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/**
 * A FAT file system from the first sector on, with the boot loader in it.
 *
 * @param {string} disk
 * @param {string} work
 * @param {AbortSignal} signal
 */
async function makeDisk(disk, work, signal) {
  const programs = ['usr/bin', 'usr/sbin', 'sbin', 'bin'].map((path) => join(work, 'tools', path)).join(':')
  const env = {
    ...process.env,
    PATH: `${programs}:${process.env['PATH']}`,
    MTOOLS_SKIP_CHECK: '1',
    SOURCE_DATE_EPOCH: '0',
  }
  const files = ['syslinux.cfg', 'vmlinuz', 'initrd.img'].map((name) => join(work, name))
  for (const file of files) utimesSync(file, 1_700_000_000, 1_700_000_000)
  writeFileSync(disk, '')
  truncateSync(disk, virtualMebibytes * 2 ** 20)
  await sh('mkfs.vfat', ['--invariant', '-i', '464c4f54', '-n', 'GUEST', disk], { env, signal })
  await sh('mcopy', ['-m', '-i', disk, ...files, '::/'], { env, signal })
  await sh('syslinux', ['--install', disk], { env, signal })
}

/**
 * @param {Buffer} busybox
 * @param {readonly string[]} applets
 * @param {readonly { name: string, content: Buffer }[]} loaded - kernel modules, in their order
 * @returns {Entry[]}
 */
function rootOf(busybox, applets, loaded) {
  const { directory, file, link } = fileType
  const order = loaded.map(({ name }) => `${name}\n`).join('')
  return [
    ...directories.map((path) => ({ path, mode: directory | 0o755 })),
    { path: 'bin/busybox', mode: file | 0o755, content: busybox },
    ...applets
      .filter((name) => name !== 'busybox')
      .map((name) => ({ path: `bin/${name}`, mode: link | 0o777, content: Buffer.from('busybox') })),
    ...loaded.map(({ name, content }) => ({ path: `mod/${name}.ko`, mode: file | 0o644, content })),
    { path: 'mod/order', mode: file | 0o644, content: Buffer.from(order) },
  ]
}

/**
 * @param {string} folder
 * @returns {Entry[]}
 */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .toSorted()
    .map((path) => ({ path, mode: fileType.file | 0o755, content: readFileSync(join(folder, path)) }))
}
