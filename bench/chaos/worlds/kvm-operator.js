import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sh } from '../../../labs/lib/sh.js'
import { chainOf, domainOf, virsh } from './kvm-observer.js'

/** @import { Host } from '../../../labs/kvm/places.js' */
/** @import { Domain } from './kvm-observer.js' */

/**
 * Something of the operator's: a machine with its files.
 *
 * @typedef {object} Kept
 * @property {Host} host
 * @property {string} uuid
 * @property {string} name
 * @property {string} mac
 * @property {string} state as `virsh domstate` says
 * @property {readonly string[]} files
 * @property {'taken' | 'debug' | 'foreign'} kind
 */

/** What an operator has beside the group, or has taken from it: all of it must live. */
export class Operator {
  #directory
  #pool
  #golden
  #count = 0
  /** @type {Kept[]} */
  kept = []

  /** @param {{ directory: string, pool: string, golden: string }} given - `directory` of the pool */
  constructor({ directory, pool, golden }) {
    this.#directory = directory
    this.#pool = pool
    this.#golden = golden
  }

  nextName(/** @type {string} */ stem) {
    this.#count += 1
    return `${stem}-${this.#count}`
  }

  /**
   * A machine is the operator's from now on, with all it has.
   *
   * @param {Host} host
   * @param {string} name
   * @param {Kept['kind']} kind
   */
  async keep(host, name, kind) {
    const domain = await domainOf(host, name)
    if (domain === undefined) throw new Error(`${name} is gone before anybody could use it`)
    const chains = await Promise.all(domain.files.map(async (file) => chainOf(file, this.#golden)))
    const state = (await virsh(host.uri, 'domstate', domain.uuid)).trim()
    const { uuid, mac } = domain
    const files = [...new Set(chains.flat())]
    this.kept.push({ host, uuid, mac, name: domain.name, state, kind, files })
  }

  /**
   * A machine of somebody's, with a name like the group's and a disk of its own; or upon a disk that there is.
   *
   * @param {Host} host
   * @param {string} name
   * @param {string} [disk]
   */
  async define(host, name, disk) {
    const own = join(this.#directory, `${name}.qcow2`)
    if (disk === undefined) await sh('qemu-img', ['create', '-q', '-f', 'qcow2', own, '1M'])
    const file = join(host.directory, `${name}.xml`)
    writeFileSync(
      file,
      `<domain type='qemu'><name>${name}</name><memory unit='MiB'>16</memory><os><type arch='x86_64'>hvm</type></os>
<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk ?? own}'/>
<target dev='vda' bus='virtio'/></disk></devices></domain>`,
    )
    try {
      await virsh(host.uri, 'define', file)
    } finally {
      rmSync(file)
    }
    if (disk === undefined) {
      await virsh(host.uri, 'start', name)
      await virsh(host.uri, 'pool-refresh', this.#pool)
    }
    await this.keep(host, name, disk === undefined ? 'foreign' : 'debug')
  }

  /** @param {Kept} kept - that the operator does not need any more */
  async release(kept) {
    await virsh(kept.host.uri, 'undefine', kept.uuid)
    this.kept = this.kept.filter((one) => one !== kept)
  }

  /** @returns {Promise<readonly string[]>} what is gone or changed, in words */
  async harm() {
    const all = await Promise.all(
      this.kept.map(async ({ host, uuid, name, state, files }) => {
        const lost = files.filter((file) => !existsSync(file)).map((file) => `${file} of ${name} is gone`)
        const domain = await domainOf(host, uuid)
        if (domain === undefined) return [`the operator's ${name} is gone`, ...lost]
        const now = (await virsh(host.uri, 'domstate', uuid)).trim()
        return now === state ? lost : [`the operator's ${name} was ${state} and is ${now}`, ...lost]
      }),
    )
    return all.flat()
  }

  /**
   * @param {string} text
   * @returns {boolean} whether it speaks of something that the operator has
   */
  isNamedIn(text) {
    return this.kept.some(({ name, uuid, mac, files }) =>
      [name, uuid, mac, ...files].some((word) => word !== '' && text.includes(word)),
    )
  }

  /**
   * @param {Pick<Domain, 'uuid' | 'files'>} domain
   * @returns {boolean} whether it is, or stands upon, what the operator has
   */
  needs({ uuid, files }) {
    return this.kept.some((one) => one.uuid === uuid || one.files.some((file) => files.includes(file)))
  }
}
