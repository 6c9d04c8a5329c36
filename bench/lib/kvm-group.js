import { Autoscaler, httpProbe, silentLogger } from '@flotilla/core'
import { kvm } from '@flotilla/backend-kvm'
import { memoryMib, pool, uri } from './kvm-bare.js'

/** @import { KvmOptions } from '@flotilla/backend-kvm' */
/** @import { AutoscalerOptions } from '@flotilla/core' */

const [from = '', to = ''] = (process.env['FLOTILLA_LIVE_KVM_ADDRESSES'] ?? '').split('-')

/** Machines of the bench's golden image, with addresses made for them before they boot. */
export const template = {
  uri,
  golden: { pool, volume: 'golden.qcow2' },
  domainType: /** @type {const} */ ('qemu'),
  memoryMib,
  port: 80,
  address: { from, to },
  shutdownMs: 0,
}

/** Machines that do nothing: their BIOS finds no system on the disk, and halts. */
export const tinyTemplate = {
  uri,
  golden: { pool, volume: 'blank.qcow2' },
  domainType: /** @type {const} */ ('qemu'),
  memoryMib: 16,
  address: /** @type {const} */ ('none'),
  shutdownMs: 0,
}

/**
 * An Autoscaler of machines; without a policy its size is set by hand.
 *
 * @param {Omit<AutoscalerOptions, 'backend'>} options
 * @param {Partial<KvmOptions>} [given]
 */
export function groupOf(options, given = {}) {
  const backend = kvm({ ...template, ...given })
  const web = new Autoscaler({
    logger: silentLogger,
    probe: httpProbe('/health', { timeoutMs: 1000 }),
    intervalMs: 1000,
    ...options,
    backend,
  })
  const inService = () => web.status().instances.filter(({ state }) => state === 'in-service').length
  const close = async () => {
    await web.stop({ terminate: true })
    await backend.close()
  }
  return { web, backend, inService, close }
}
