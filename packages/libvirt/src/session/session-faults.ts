import { LibvirtError } from '../libvirt-error.js'

export const connectionLost = (why: string, cause?: unknown): LibvirtError =>
  new LibvirtError(`the connection to libvirt was lost: ${why}`, { kind: 'connection', cause })

export const protocolFault = (what: string, cause?: unknown): LibvirtError =>
  new LibvirtError(`libvirt broke its protocol: ${what}`, { kind: 'protocol', cause })
