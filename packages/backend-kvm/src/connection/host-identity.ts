import { createHash } from 'node:crypto'
import { FlotillaError } from '@flotilla/core'
import { elementsAt, parseXml } from '../xml/xml.js'

/**
 * The UUID of the machine that a hypervisor runs on, from libvirt's capabilities.
 *
 * @throws FlotillaError `unsupported` when it has none
 */
export function hostUuidOf(capabilities: string): string {
  const root = parseXml(capabilities, "read a hypervisor's capabilities")
  const uuid = elementsAt(root, 'host', 'uuid')[0]?.textContent?.trim().toLowerCase() ?? ''
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) return uuid
  const message = 'this hypervisor tells no UUID of its host: set host_uuid in its libvirtd.conf'
  throw new FlotillaError('unsupported', message)
}

/** The part of a file's name that says on which host it was made. */
export function hostMark(uuid: string): string {
  return createHash('sha256').update(uuid).digest('hex').slice(0, 8)
}
