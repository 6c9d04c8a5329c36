import { readFileSync } from 'node:fs'
import { OpenStackError } from '../openstack-error.js'

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
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

/** Sends one request. */
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
  close(): Promise<void>
}

/** The built-in `fetch`; undici's own where the options ask for what the built-in cannot do. */
export function openTransport(options: TransportOptions): Transport {
  if (!needsUndici(options)) return { send: builtIn, close: async () => {} }
  const tls = readTls(options)
  let opened: Promise<Transport> | undefined
  return {
    async send(url, request) {
      opened ??= openUndici(options, tls)
      const { send } = await opened
      return send(url, request)
    },
    async close() {
      await (await opened)?.close()
    },
  }
}

const needsUndici = ({ caFile, certFile, insecure, proxy }: TransportOptions): boolean =>
  caFile !== undefined || certFile !== undefined || insecure || proxy !== undefined

/** What `fetch` is told of every request. A redirect is never followed blindly: it would carry the token elsewhere. */
const initOf = (request: HttpRequest): RequestInit => ({
  method: request.method,
  headers: request.headers,
  signal: request.signal,
  redirect: 'manual',
  ...(request.body === undefined ? {} : { body: request.body }),
  ...(request.body instanceof ReadableStream ? { duplex: 'half' } : {}),
})

const builtIn: Send = (url, request) => fetch(url, initOf(request))

interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized?: boolean
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

async function openUndici({ proxy }: TransportOptions, tls: TlsMaterial): Promise<Transport> {
  const { Agent, EnvHttpProxyAgent, fetch: send } = await import('undici')
  const through = (address: string | undefined): InstanceType<typeof Agent | typeof EnvHttpProxyAgent> =>
    address === undefined
      ? new Agent({ connect: tls })
      : new EnvHttpProxyAgent({
          httpProxy: address,
          httpsProxy: address,
          noProxy: proxy?.except ?? '',
          // Proxies let CONNECT through to 443 only, and a cloud without TLS is not there.
          proxyTunnel: false,
          connect: tls,
          requestTls: tls,
          ...(tls.ca === undefined ? {} : { proxyTls: { ca: tls.ca } }),
        })
  const plain = through(proxy?.http)
  const secure = through(proxy?.https)
  return {
    send: (url, request) => {
      const dispatcher = url.startsWith('https:') ? secure : plain
      return send(url, { ...initOf(request), dispatcher } as Parameters<typeof send>[1])
    },
    async close() {
      await Promise.all([plain.close(), secure.close()])
    },
  }
}
