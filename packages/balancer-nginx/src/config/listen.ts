import { isIPv4, isIPv6 } from 'node:net'

/** An address that Nginx listens on, with the words after it. */
export interface Listen {
  /** As it goes into the file: `80`, `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/web.sock`. */
  readonly address: string
  readonly flags: readonly string[]
}

/**
 * `reuseport` is not among them: with it, connections that wait in the queue of an old worker are reset at each reload.
 */
const knownFlags = new Set(['default_server', 'ssl', 'http2', 'proxy_protocol', 'deferred'])

/** An address as the caller wrote it, such as `'443 ssl'`, or undefined when it will not do. */
export function parseListen(given: string | number): Listen | undefined {
  const [address = '', ...flags] = String(given).split(' ')
  if (!isListenAddress(address)) return undefined
  const distinct = new Set(flags)
  if (distinct.size < flags.length || !flags.every((flag) => knownFlags.has(flag))) return undefined
  if (address.startsWith('unix:') && distinct.has('deferred')) return undefined
  return { address: canonicalAddress(address), flags }
}

/** The same for two ways of writing one address, which Nginx refuses to listen on twice. */
export function listenKey({ address }: Listen): string {
  if (address.startsWith('unix:')) return address
  const { host, port } = splitListen(address)
  return host === '' || host === '*' ? `0.0.0.0:${port}` : `${host}:${port}`
}

/** The host that it names: empty when it names none, and for a socket. */
export function listenHost({ address }: Listen): string {
  return address.startsWith('unix:') ? '' : splitListen(address).host
}

function isListenAddress(address: string): boolean {
  // A socket's path fits into 107 bytes.
  if (address.startsWith('unix:')) return /^unix:\/[\w./-]{1,106}$/.test(address) && !address.endsWith('/')
  const { host, port } = splitListen(address)
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) return false
  return host === '' || host === '*' || isIPv4(host) || isBracketed(host)
}

function canonicalAddress(address: string): string {
  const { host, port } = splitListen(address)
  return isBracketed(host) ? `[${canonicalIPv6(host.slice(1, -1))}]:${port}` : address
}

function isBracketed(host: string): boolean {
  return host.startsWith('[') && host.endsWith(']') && !host.includes('%') && isIPv6(host.slice(1, -1))
}

function splitListen(address: string): { readonly host: string; readonly port: string } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, Math.max(0, colon)), port: address.slice(colon + 1) }
}

/**
 * An IPv6 address in its one short form, without brackets. Some that are valid are not so to Nginx, which wants `::` to
 * stand for two groups at least.
 */
export function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}
