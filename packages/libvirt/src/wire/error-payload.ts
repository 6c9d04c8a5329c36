import { LibvirtError } from '../libvirt-error.js'
import type { XdrReader } from './xdr-reader.js'

/**
 * The error that a reply of status 1 carries.
 *
 * Source: `remote_error` of remote_protocol.x. The fields after `level` say nothing more than the message.
 */
export function readError(reader: XdrReader): LibvirtError {
  const code = reader.int()
  const domain = reader.int()
  const message = reader.optionalString()
  const level = reader.int()
  const words = message ?? `libvirt refused with code ${code} and no words`
  return new LibvirtError(words, {
    kind: isOfAuthentication(code, words) ? 'authentication' : 'libvirt',
    code,
    domain,
    level,
  })
}

/** VIR_ERR_AUTH_FAILED, _CANCELLED, _UNAVAILABLE; a call before authentication is a VIR_ERR_RPC. */
function isOfAuthentication(code: number, message: string): boolean {
  return [45, 79, 94].includes(code) || (code === 39 && message.includes('authentication required'))
}
