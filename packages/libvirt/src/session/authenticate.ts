import { LibvirtError } from '../libvirt-error.js'
import { authList, authPolkit, authType } from '../procedures/handshake-procedures.js'
import { callProcedure } from './call-procedure.js'
import type { CallBound } from './pending-call.js'
import type { Session } from './session.js'

/** Authenticates as the daemon asks: not at all, or by polkit, which needs nothing from this client. */
export async function authenticate(session: Session, bound: CallBound): Promise<void> {
  const types = await callProcedure(session, authList, [], bound)
  if (types.length === 0 || types.includes(authType.none)) return
  if (types.includes(authType.polkit)) {
    await askPolkit(session, bound)
    return
  }
  const wanted = types.includes(authType.sasl) ? 'SASL' : `an authentication of type ${types.join(', ')}`
  throw new LibvirtError(
    `the daemon asks for ${wanted}, which this client does not speak: use TLS or ssh, or virsh(uri), which hands the call to libvirt’s own client`,
    { kind: 'authentication' },
  )
}

async function askPolkit(session: Session, bound: CallBound): Promise<void> {
  try {
    await callProcedure(session, authPolkit, [], bound)
  } catch (cause) {
    if (!(cause instanceof LibvirtError) || cause.code === undefined) throw cause
    throw new LibvirtError(
      `polkit did not let this user in: ${cause.message}; a rule for org.libvirt.unix.manage or the group “libvirt” would`,
      { kind: 'authentication', code: cause.code, domain: cause.domain, level: cause.level, cause },
    )
  }
}
