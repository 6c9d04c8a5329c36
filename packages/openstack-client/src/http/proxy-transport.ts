import type { HttpRequest, ProxySettings, TlsMaterial, Transport } from './transport.js'

/** Calls through a proxy, by undici, which is loaded with the first of them. */
export function openProxyTransport(proxy: ProxySettings, tls: TlsMaterial): Transport {
  let opened: Promise<Transport> | undefined
  return {
    async send(url, request) {
      opened ??= openUndici(proxy, tls)
      const { send } = await opened
      return send(url, request)
    },
    async close() {
      await (await opened)?.close()
    },
  }
}

async function openUndici(proxy: ProxySettings, tls: TlsMaterial): Promise<Transport> {
  const { Agent, EnvHttpProxyAgent, fetch: send } = await import('undici')
  const through = (address: string | undefined): InstanceType<typeof Agent | typeof EnvHttpProxyAgent> =>
    address === undefined
      ? new Agent({ connect: tls })
      : new EnvHttpProxyAgent({
          httpProxy: address,
          httpsProxy: address,
          noProxy: proxy.except ?? '',
          // Proxies let CONNECT through to 443 only, and a cloud without TLS is not there.
          proxyTunnel: false,
          connect: tls,
          requestTls: tls,
          ...(tls.ca === undefined ? {} : { proxyTls: { ca: tls.ca } }),
        })
  const plain = through(proxy.http)
  const secure = through(proxy.https)
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

/** What `fetch` is told of every request. A redirect is never followed blindly: it would carry the token elsewhere. */
const initOf = (request: HttpRequest): RequestInit => ({
  method: request.method,
  headers: request.headers,
  signal: request.signal,
  redirect: 'manual',
  ...(request.body === undefined ? {} : { body: request.body }),
  ...(request.body instanceof ReadableStream ? { duplex: 'half' } : {}),
})
