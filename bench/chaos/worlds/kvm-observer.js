import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sh } from '../../../labs/lib/sh.js'

/** @import { Host } from '../../../labs/kvm/places.js' */

/**
 * @param {string} uri
 * @param {...string} args
 */
export const virsh = (uri, ...args) => sh('virsh', ['-q', '-c', uri, ...args], { timeoutMs: 20_000 })

/**
 * A machine as libvirt describes it.
 *
 * @typedef {object} Domain
 * @property {Host} host
 * @property {string} name
 * @property {string} uuid
 * @property {string} mac
 * @property {boolean} isOurs it has a name of the group and carries its metadata
 * @property {boolean} isEnded the metadata say that the group has ended it, and that something had to stay
 * @property {readonly string[]} files that it names
 */

/**
 * Every machine of every host; rejects when one cannot be asked.
 *
 * @param {readonly Host[]} hosts
 * @returns {Promise<readonly Domain[]>}
 */
export async function everyDomain(hosts) {
  const found = await Promise.all(
    hosts.map(async (host) => {
      const names = linesOf(await virsh(host.uri, 'list', '--all', '--name'))
      return Promise.all(names.map(async (name) => domainOf(host, name)))
    }),
  )
  return found.flat().filter((one) => one !== undefined)
}

/**
 * @param {Host} host
 * @param {string} name or UUID
 * @returns {Promise<Domain | undefined>} undefined when it is gone
 */
export async function domainOf(host, name) {
  let xml
  try {
    xml = await virsh(host.uri, 'dumpxml', name)
  } catch (error) {
    if (/failed to get domain|Domain not found/.test(String(error))) return undefined
    throw error
  }
  const first = (/** @type {RegExp} */ expression) => expression.exec(xml)?.[1] ?? ''
  const owner = first(/(<flotilla:machine [^>]*>)/)
  return {
    host,
    name: first(/<name>([^<]*)</),
    uuid: first(/<uuid>([^<]*)</),
    mac: first(/<mac address='([^']*)'/),
    // A renamed one is whoever's has given it the name, also while it carries our metadata.
    isOurs: first(/<name>([^<]*)</).startsWith('flotilla.chaos.') && /\bgroup=["']chaos["']/.test(owner),
    isEnded: /\bended=/.test(owner),
    files: [...xml.matchAll(/<source file='([^']*)'/g)].map(([, file]) => file ?? ''),
  }
}

/**
 * A disk, and what it is based on, but for the golden image.
 *
 * @param {string} file
 * @param {string} golden
 * @returns {Promise<readonly string[]>}
 */
export async function chainOf(file, golden) {
  const output = await sh('qemu-img', ['info', '-U', '--backing-chain', '--output=json', file])
  /** @type {{ filename: string }[]} */
  const images = JSON.parse(output)
  return images.map(({ filename }) => filename).filter((name) => !name.endsWith(`/${golden}`))
}

/**
 * Files in the pool with names like the group's.
 *
 * @param {string} directory
 */
export const filesIn = (directory) =>
  readdirSync(directory)
    .filter((name) => name.startsWith('flotilla.chaos.'))
    .map((name) => join(directory, name))

/**
 * MACs that a network keeps an address for.
 *
 * @param {Host} host
 * @param {string} network
 */
export async function entriesIn(host, network) {
  const xml = await virsh(host.uri, 'net-dumpxml', network)
  return [...xml.matchAll(/<host mac='([^']*)' name='([^']*)' ip='([^']*)'/g)].map(
    ([, mac = '', name = '', ip = '']) => ({ mac, name, ip }),
  )
}

/** @param {string} text */
export const linesOf = (text) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
