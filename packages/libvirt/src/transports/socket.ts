import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { LibvirtError } from '../libvirt-error.js'
import type { OpenBound, Transport } from './transport.js'

/** A unix socket, or TCP. */
export async function openSocket(to: NetConnectOpts, where: string, bound: OpenBound): Promise<Transport> {
  const socket = connect(to)
  try {
    await once(socket, 'connect', { signal: bound.signal })
  } catch (cause) {
    socket.destroy()
    throw refused(where, cause, bound)
  }
  return socketTransport(socket)
}

export function socketTransport(socket: Socket): Transport {
  socket.setNoDelay(true)
  return { readable: socket, writable: socket, destroy: () => void socket.destroy() }
}

/** The caller's own reason where it gave up, else what kept us out. */
export function refused(where: string, cause: unknown, { signal }: OpenBound): unknown {
  if (signal.aborted) return signal.reason
  if (cause instanceof LibvirtError) return cause
  const words = cause instanceof Error ? cause.message : String(cause)
  return new LibvirtError(`connect to ${where}: ${words}${hint(cause)}`, { kind: 'connection', cause })
}

function hint(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT') return '; is the daemon running (libvirtd, or virtqemud)?'
  if (code === 'ECONNREFUSED') return '; the daemon does not run'
  if (code === 'EACCES') return '; this user may not open the socket: is it in the group “libvirt”?'
  return ''
}
