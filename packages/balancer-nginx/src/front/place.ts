import { isIPv4, isIPv6 } from 'node:net'
import type { ConfigShape } from '../config/config-shape.js'
import { markerPath } from '../config/front-server.js'
import { listenHost, type Listen } from '../config/listen.js'

/** A machine's address from here, and which of its ports is meant; without `from`, every port is the same there. */
export interface Vantage {
  readonly host: string
  /** A port over there that is published here under another number. */
  readonly published?: { readonly from: number; readonly to: number } | undefined
}

/** One way to ask the clients' server for its generation, as a client would. */
export interface Place {
  /** For messages: `172.18.0.2:80`. */
  readonly where: string
  readonly connect: { readonly host: string; readonly port: number } | { readonly socketPath: string }
  readonly isTls: boolean
  readonly hasProxyProtocol: boolean
  /** What the client says it looks for. */
  readonly hostName: string
  readonly path: string
}

/** The places where one address of ours can be asked; none where it cannot be asked from here, or not by HTTP/1.1. */
export function placesOf(
  { upstream, server, directives }: ConfigShape,
  listen: Listen,
  vantages: readonly Vantage[],
): readonly Place[] {
  const { address } = listen
  const flags = new Set(listen.flags)
  const isTls = flags.has('ssl')
  // Plain HTTP/2 alone is spoken there; and a server that asks for certificates does not answer without one.
  if (flags.has('http2') && !isTls) return []
  if (isTls && (directives.server ?? []).some(([name]) => name === 'ssl_verify_client')) return []
  const more = {
    isTls,
    hasProxyProtocol: flags.has('proxy_protocol'),
    hostName: askedName(server?.serverNames ?? []),
    path: markerPath(upstream),
  }
  if (address.startsWith('unix:')) {
    const socketPath = address.slice('unix:'.length)
    const isHere = vantages.some(({ host }) => host === here)
    return isHere ? [{ where: address, connect: { socketPath }, ...more }] : []
  }
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
  return vantages.flatMap((vantage) =>
    connectionTo(listenHost(listen), port, vantage).map((connect): Place => ({
      where: `${bracketed(connect.host)}:${connect.port}`,
      connect,
      ...more,
    })),
  )
}

/** The vantage of one who is on the same machine. */
export const here = 'localhost'

function connectionTo(
  host: string,
  port: number,
  vantage: Vantage,
): readonly { readonly host: string; readonly port: number }[] {
  const isAnywhere = ['', '*', '0.0.0.0', '[::]'].includes(host)
  if (vantage.host === here) {
    const local = host === '[::]' ? '::1' : isAnywhere ? '127.0.0.1' : host.replaceAll(/[[\]]/g, '')
    return [{ host: local, port }]
  }
  const { published } = vantage
  if (published !== undefined) {
    return published.from === port && isAnywhere ? [{ host: vantage.host, port: published.to }] : []
  }
  const isThere = isAnywhere
    ? host === '[::]'
      ? !isIPv4(vantage.host)
      : !isIPv6(vantage.host)
    : host.replaceAll(/[[\]]/g, '') === vantage.host
  return isThere ? [{ host: vantage.host, port }] : []
}

/** A name that leads to the server: one of its own, or one that nobody has. */
function askedName(names: readonly string[]): string {
  const name = names.find((one) => one !== '_')
  if (name === undefined) return 'flotilla-check.invalid'
  return name.replace(/^\*\./, 'flotilla-check.').replace(/^\./, '').replace(/\.\*$/, '.invalid')
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)
