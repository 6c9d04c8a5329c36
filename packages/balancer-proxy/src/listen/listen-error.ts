import { FlotillaError } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { findPortHolder } from './port-holder.js'

/** A host as it stands before a port. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Why a server could not listen, with who is in its way and what would do. */
export async function listenError(cause: unknown, host: string, port: number): Promise<FlotillaError> {
  const attempted = `listen on ${urlHost(host)}:${port}`
  switch (cause instanceof Error && 'code' in cause ? cause.code : undefined) {
    case 'EADDRINUSE': {
      const holder = (await findPortHolder(port)) ?? 'another program'
      const remedy = 'end that, or give the proxy another `port`'
      return new FlotillaError('conflict', `${attempted}: ${holder} listens on port ${port}; ${remedy}`, {
        cause,
      })
    }
    case 'EACCES':
      return new FlotillaError(
        'permission-denied',
        `${attempted}: this user may not listen on port ${port}; give the proxy a \`port\` from 1024 on`,
        { cause },
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new FlotillaError('unavailable', `${attempted}: this machine has no address ${host}`, { cause })
    case 'EMFILE':
    case 'ENFILE':
      return new FlotillaError(
        'unavailable',
        `${attempted}: no file descriptor is left; raise \`ulimit -n\``,
        { cause },
      )
    default:
      return new FlotillaError('unavailable', `${attempted}: ${messageOf(cause)}`, { cause })
  }
}
