import { readFileSync } from 'node:fs'
import { OpenStackError } from '../openstack-error.js'
import type { ProxySettings, TlsMaterial, Transport } from './http-types.js'
import { openNodeTransport } from './node-transport.js'
import { openProxyTransport } from './proxy-transport.js'

/** How connections are made. */
export interface TransportOptions {
  /** PEM file of the only authorities that are trusted. */
  readonly caFile?: string | undefined
  /** PEM file of our own certificate. */
  readonly certFile?: string | undefined
  /** PEM file of its key; default `certFile`. */
  readonly keyFile?: string | undefined
  /** Whether an invalid certificate is accepted. */
  readonly insecure: boolean
  readonly proxy: ProxySettings | undefined
}

/** Opens a transport. @throws OpenStackError `invalid-options` for a file that cannot be read */
export function openTransport(options: TransportOptions): Transport {
  const { proxy } = options
  const tls = readTls(options)
  return proxy === undefined ? openNodeTransport(tls) : openProxyTransport(proxy, tls)
}

function readTls({ caFile, certFile, keyFile, insecure }: TransportOptions): TlsMaterial {
  return {
    ...(caFile === undefined ? {} : { ca: readPem(caFile) }),
    ...(certFile === undefined ? {} : { cert: readPem(certFile), key: readPem(keyFile ?? certFile) }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new OpenStackError('invalid-options', `connect: cannot read ${file}`, { cause })
  }
}
