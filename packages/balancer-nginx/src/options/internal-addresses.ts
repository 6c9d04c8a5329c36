import { createHash } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { invalidOption } from '@flotilla/core/authoring'
import { listenHost, listenKey, parseListen, type Listen } from '../config/listen.js'
import type { NginxOptions } from '../options.js'

const ports = { unavailable: 10_008, status: 10_009 }

/**
 * Where our own servers listen: where the caller says, else on an address of this machine that nobody else has.
 *
 * @param taken - where the clients' server listens
 */
export function internalAddresses(
  { upstream, internal }: NginxOptions,
  configFile: string,
  taken: readonly Listen[],
): NonNullable<NginxOptions['internal']> {
  if (internal === undefined) {
    const host = ownLoopback(`${upstream}\n${configFile}`)
    return { unavailable: `${host}:${ports.unavailable}`, status: `${host}:${ports.status}` }
  }
  const keys = new Set(taken.map(listenKey))
  for (const field of ['unavailable', 'status'] as const) {
    const one = parseListen(internal[field])
    const host = one === undefined ? '' : listenHost(one)
    const isAnywhere = host === '' || host === '*' || host === '0.0.0.0' || host === '[::]'
    // Requests are passed on to the first, so it must be one place.
    if (one === undefined || one.flags.length > 0 || (field === 'unavailable' && isAnywhere)) {
      const expected = `an address with its port${field === 'status' ? ', or a port' : ''}`
      throw invalidOption('nginx', `internal.${field}`, internal[field], expected)
    }
    if (keys.has(listenKey(one))) {
      throw invalidOption('nginx', `internal.${field}`, internal[field], 'another address than the others')
    }
    keys.add(listenKey(one))
  }
  return internal
}

/** An address of this machine alone that no two installations share: all of 127.0.0.0/8 is one's own on Linux. */
function ownLoopback(seed: string): string {
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(seed).digest()
  return `127.${1 + (a % 254)}.${b}.${1 + (c % 254)}`
}

/** Where the status is asked from here; undefined when it is not. */
export function statusUrl(
  { statusUrl: given }: NginxOptions,
  isOnThisHost: boolean,
  listen: string,
): URL | undefined {
  if (given === false) return undefined
  if (given !== undefined) {
    const url = URL.canParse(given) ? new URL(given) : undefined
    if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search + url.hash + url.username !== '') {
      throw invalidOption('nginx', 'statusUrl', given, 'http://, a host and a port, and nothing after it')
    }
    return url
  }
  const one = isOnThisHost ? parseListen(listen) : undefined
  if (one === undefined || one.address.startsWith('unix:')) return undefined
  const host = listenHost(one)
  const isAnywhere = !isIPv4(host) && !host.startsWith('[')
  const port = one.address.slice(one.address.lastIndexOf(':') + 1)
  return new URL(`http://${isAnywhere || host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`)
}
