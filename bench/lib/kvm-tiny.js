import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sh } from '../../labs/lib/sh.js'
import { create, domainXml, images, pool, virsh } from './kvm-bare.js'

/** A disk that nothing boots from: the machine's BIOS looks once, and halts. */
export const blank = join(images, 'blank.qcow2')
export const tinyMib = 16

export async function makeBlank() {
  if (existsSync(blank)) return
  await sh('qemu-img', ['create', '-q', '-f', 'qcow2', blank, '1M'])
  await virsh('pool-refresh', pool)
}

/**
 * Paused machines of 16 MiB that never ran, made by hand: what a poll meets, at no cost of CPU.
 *
 * @param {number} count - to be there in all
 */
export async function tinyDomains(count) {
  const there = (await virsh('list', '--name')).split('\n').filter((line) => line.startsWith('tiny-')).length
  for (let index = there; index < count; index += 1) {
    const disk = join(images, `tiny-${index}.qcow2`)
    await sh('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '1M'])
    const mac = `52:54:00:7f:${Math.floor(index / 256)
      .toString(16)
      .padStart(2, '0')}:${(index % 256).toString(16).padStart(2, '0')}`
    await create(domainXml(`tiny-${index}`, { mac, disk, mib: tinyMib }), '--paused')
  }
}

export async function removeTiny() {
  const names = (await virsh('list', '--all', '--name'))
    .split('\n')
    .filter((line) => line.startsWith('tiny-'))
  for (const name of names) {
    await virsh('destroy', name.trim())
    rmSync(join(images, `${name.trim()}.qcow2`), { force: true })
  }
}
