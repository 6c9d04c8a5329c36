import { openNodeTransport } from './node-transport.js'
import { proxyFor } from './proxy-choice.js'
import type { HttpRequest, ProxySettings, TlsMaterial, Transport } from './http-types.js'

/** Sends through a proxy by undici, which is loaded at the first such call. Other calls go directly. */
export function openProxyTransport(proxy: ProxySettings, tls: TlsMaterial): Transport {
  const direct = openNodeTransport(tls)
  const opened = new Map<string, Promise<Transport>>()
  return {
    via: (url) => proxyFor(url, proxy),
    async send(url, request) {
      const address = proxyFor(url, proxy)
      if (address === undefined) return direct.send(url, request)
      const through = opened.get(address) ?? openUndici(address, tls)
      opened.set(address, through)
      return (await through).send(url, request)
    },
    async close() {
      await direct.close()
      await Promise.all([...opened.values()].map(async (one) => (await one).close()))
    },
  }
}

async function openUndici(address: string, tls: TlsMaterial): Promise<Transport> {
  const { EnvHttpProxyAgent, fetch: send } = await import('undici')
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: address,
    httpsProxy: address,
    // Calls without a proxy do not use this agent.
    noProxy: '',
    // Proxies let CONNECT through to 443 only, and a cloud without TLS is not there.
    proxyTunnel: false,
    connect: tls,
    requestTls: tls,
    ...(tls.ca === undefined ? {} : { proxyTls: { ca: tls.ca } }),
  })
  return {
    send: (url, request) => send(url, { ...initOf(request), dispatcher } as Parameters<typeof send>[1]),
    close: () => dispatcher.close(),
  }
}

/** The options of `fetch`. Redirects are not followed: they would carry the token elsewhere. */
const initOf = (request: HttpRequest): RequestInit => ({
  method: request.method,
  headers: request.headers,
  signal: request.signal,
  redirect: 'manual',
  ...(request.body === undefined ? {} : { body: request.body }),
  ...(request.body instanceof ReadableStream ? { duplex: 'half' } : {}),
})
