import { chmodSync, copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { networkXml, poolXml } from './configuration.js'
import { virsh } from './tools.js'

/** @import { Host, Places } from './places.js' */

/**
 * Gives a libvirtd what a host of machines has: the network `default`, and two storage pools with the
 * golden image: one of its own, one that both have.
 * What is there already stays.
 *
 * @param {Places} places
 * @param {Host} host
 * @param {AbortSignal} signal
 */
export async function furnish(places, host, signal) {
  for (const directory of [host.imagesDirectory, places.sharedDirectory]) {
    const golden = join(directory, basename(places.golden))
    if (existsSync(golden)) continue
    copyFileSync(places.golden, golden)
    chmodSync(golden, 0o444)
  }
  const things = [
    { kind: 'net', name: places.network, xml: networkXml(host, places.network) },
    { kind: 'pool', name: places.pool, xml: poolXml(places.pool, places.imagesDirectory) },
    { kind: 'pool', name: places.sharedPool, xml: poolXml(places.sharedPool, places.sharedDirectory) },
  ]
  for (const { kind, name, xml } of things) {
    const names = async (/** @type {readonly string[]} */ ...args) =>
      (await virsh(host.uri, [`${kind}-list`, '--name', ...args], signal))
        .split('\n')
        .map((line) => line.trim())
    if (!(await names('--all')).includes(name)) {
      const file = join(host.directory, `${kind}.xml`)
      writeFileSync(file, xml)
      await virsh(host.uri, [`${kind}-define`, file], signal)
    }
    if (!(await names()).includes(name)) await virsh(host.uri, [`${kind}-start`, name], signal)
    await virsh(host.uri, [`${kind}-autostart`, name], signal)
  }
  for (const pool of [places.pool, places.sharedPool]) await virsh(host.uri, ['pool-refresh', pool], signal)
}
