import { readFileSync } from 'node:fs'
import { OpenStackError } from '../openstack-error.js'
import { openNodeTransport } from './node-transport.js'
import { openProxyTransport } from './proxy-transport.js'

/** One request, as `fetch` takes it. */
export interface HttpRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | ReadableStream<Uint8Array> | undefined
  readonly signal: AbortSignal
}

/** The part of a `Response` that is used. */
export interface HttpResponse {
  readonly status: number
  readonly headers: {
    /** A header by its name, in any case; null where there is none. */
    get(name: string): string | null
  }
  /** The whole body. */
  text(): Promise<string>
  /** Where there is one, it is read from this, within a bound. */
  readonly body?: unknown
}

/** Sends one request, and follows no redirect, which would carry the token elsewhere. */
export type Send = (url: string, request: HttpRequest) => Promise<HttpResponse>

/** How the connections are made, where it is not the usual way. */
export interface TransportOptions {
  /** PEM file of the authorities that are trusted beside none other. */
  readonly caFile?: string | undefined
  /** PEM file of our own certificate. */
  readonly certFile?: string | undefined
  /** PEM file of its key; default `certFile`. */
  readonly keyFile?: string | undefined
  /** Whether a certificate that does not check out will do. */
  readonly insecure: boolean
  readonly proxy: ProxySettings | undefined
}

/** Addresses from the environment. */
export interface ProxySettings {
  readonly http: string | undefined
  readonly https: string | undefined
  /** Hosts that are reached without it. */
  readonly except: string | undefined
}

/** The way requests go out. */
export interface Transport {
  readonly send: Send
  /** The proxy by which an address is reached; undefined where none is between. */
  readonly via?: ((url: string) => string | undefined) | undefined
  close(): Promise<void>
}

/** For `node:tls`: PEM text. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized?: boolean
}

/** The way that the options ask for. @throws OpenStackError `invalid-options` for a file that cannot be read */
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
