import { LibvirtError } from '../libvirt-error.js'

/** @param bytes - 16 of them */
export function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export function uuidBytes(text: string): Buffer {
  if (!/^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i.test(text))
    throw new LibvirtError(`${JSON.stringify(text)} is not a UUID`, { kind: 'invalid-argument' })
  return Buffer.from(text.replaceAll('-', ''), 'hex')
}
