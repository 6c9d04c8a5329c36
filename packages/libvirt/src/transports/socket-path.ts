import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionUri } from '../connection-uri.js'

/**
 * Path of the daemon's socket on this host, as libvirt looks for it: its own daemon's (`libvirt-sock`) where that is
 * there, else the driver's (`virtqemud-sock`).
 *
 * @see https://libvirt.org/daemons.html
 */
export function socketPath(uri: ConnectionUri, readOnly: boolean): string {
  const { socket, mode = 'auto' } = uri.parameters
  if (socket !== undefined) return socket
  const directory = uri.isSession ? sessionDirectory() : '/run/libvirt'
  const legacy = join(directory, socketName('libvirt', uri, readOnly))
  const direct = join(directory, socketName(`virt${uri.driver}d`, uri, readOnly))
  if (mode === 'direct') return direct
  return mode === 'auto' && !existsSync(legacy) && existsSync(direct) ? direct : legacy
}

/** Where the socket of a remote host's libvirtd is; nobody can look there first. */
export function remoteSocketPath(uri: ConnectionUri, readOnly: boolean): string {
  const { socket, mode } = uri.parameters
  const name = mode === 'direct' ? `virt${uri.driver}d` : 'libvirt'
  return socket ?? `/var/run/libvirt/${socketName(name, uri, readOnly)}`
}

/** A daemon of one user has no socket for readers. */
function socketName(daemon: string, { isSession }: ConnectionUri, readOnly: boolean): string {
  return readOnly && !isSession ? `${daemon}-sock-ro` : `${daemon}-sock`
}

function sessionDirectory(): string {
  const runtime = process.env['XDG_RUNTIME_DIR']
  return join(runtime === undefined || runtime === '' ? join(homedir(), '.cache') : runtime, 'libvirt')
}
