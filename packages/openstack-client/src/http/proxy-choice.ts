import { isIP } from 'node:net'
import type { ProxySettings } from './http-types.js'

/** The proxy for an address; undefined where it is reached without one. */
export function proxyFor(url: string, { http, https, except }: ProxySettings): string | undefined {
  const { protocol, hostname, port } = new URL(url)
  const proxy = protocol === 'https:' ? https : http
  const target = { host: bare(hostname), port: port === '' ? (protocol === 'https:' ? '443' : '80') : port }
  return proxy === undefined || isExcepted(target, except) ? undefined : proxy
}

interface Target {
  readonly host: string
  readonly port: string
}

/** `NO_PROXY`: names with all that is below them, addresses, each with a port where only that is meant; `*` for all. */
function isExcepted({ host, port }: Target, except = ''): boolean {
  return except
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      const { name, only } = entryOf(entry)
      if (only !== undefined && only !== port) return false
      const domain = name.replace(/^\*?\./, '')
      return isIP(domain) > 0 ? host === domain : host === domain || host.endsWith(`.${domain}`)
    })
}

/** An address of version 6 has colons of its own: with a port it stands in brackets. */
function entryOf(entry: string): { readonly name: string; readonly only: string | undefined } {
  if (isIP(entry) === 6) return { name: entry, only: undefined }
  const [, name = entry, only] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? []
  return { name: bare(name), only }
}

const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
