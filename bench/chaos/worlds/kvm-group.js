import { httpProbe } from '@flotilla/core'
import { kvm } from '@flotilla/backend-kvm'
import { proxy } from '@flotilla/balancer-proxy'
import { chaosOptions } from '../group.js'

/**
 * @typedef {object} Settings
 * @property {string} directory
 * @property {string} [store]
 * @property {number} port
 * @property {number} max
 * @property {number} intervalMs
 * @property {boolean} [isSecond]
 * @property {readonly string[]} uris
 * @property {string} pool
 * @property {string} golden name of its volume
 * @property {string} network
 * @property {{ from: string, to: string }} addresses
 */

/** @param {Settings} settings */
export function groupOptions(settings) {
  const { port, isSecond = false, uris, pool, golden, network, addresses } = settings
  return {
    ...chaosOptions(settings),
    group: 'chaos',
    probe: httpProbe('/health', { timeoutMs: 2000 }),
    backend: kvm({
      uris,
      golden: { pool, volume: golden },
      domainType: 'qemu',
      memoryMib: 16,
      networks: [network],
      port: 80,
      address: addresses,
      shutdownMs: 2000,
      orphanAfterMs: 2000,
      launchGraceMs: 10_000,
      // Both hypervisors that reach the pool are listed.
      sharedStorage: false,
    }),
    balancer: proxy({ port: isSecond ? 0 : port, host: '127.0.0.1' }),
  }
}
