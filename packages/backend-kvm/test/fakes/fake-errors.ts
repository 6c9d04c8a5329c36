import { LibvirtError } from '@flotilla/libvirt'

/** An error in libvirt's own words and numbers: labs/kvm.md, section 6. */
export function libvirtError(code: number, domain: number, message: string): LibvirtError {
  return new LibvirtError(message, { code, domain, level: 2 })
}

export const noDomain = (uuid: string): LibvirtError =>
  libvirtError(42, 10, `Domain not found: no domain with matching uuid '${uuid}'`)

export const noVolume = (name: string): LibvirtError =>
  libvirtError(50, 18, `Storage volume not found: no storage vol with matching name '${name}'`)

/** What Node says below of a connection that is gone. */
export function goneError(code: 'ECONNREFUSED' | 'ECONNRESET'): LibvirtError {
  const cause = Object.assign(new Error(`connect ${code} /run/libvirt/libvirt-sock`), { code })
  return new LibvirtError(cause.message, { kind: 'connection', cause })
}
