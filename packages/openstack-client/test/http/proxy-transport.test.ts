import { createServer, request as httpRequest, type Server } from 'node:http'
import { connect as openSocket, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { proxyFor } from '../../src/http/proxy-choice.js'
import { selfSigned } from '../kit/certificate.js'
import { limits, realServers } from '../kit/real-servers.js'

const { atEnd, file, serve } = realServers()

/** A proxy that forwards and tunnels, and remembers what for. */
async function proxy() {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.url}`)
    const { method, headers, url = '' } = incoming
    const onward = httpRequest(url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.on('connect', (incoming, socket: Socket) => {
    seen.push(`CONNECT ${incoming.url}`)
    const [host = '', port] = (incoming.url ?? '').split(':')
    const onward = openSocket(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    sockets.add(socket).add(onward)
    for (const one of [socket, onward]) one.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(async () => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

describe('a proxy of the environment', () => {
  it('forwards what goes by HTTP', async () => {
    const { client, server } = await serve()
    const { url, seen } = await proxy()
    await client({ environment: { HTTP_PROXY: url } }).compute.limits()
    expect(seen).toEqual([
      `POST ${server.url}/identity/v3/auth/tokens`,
      `GET ${server.url}/compute/v2.1/`,
      `GET ${server.url}${limits}`,
    ])
  })

  it('tunnels what goes by HTTPS, whose certificate is checked all the same', async () => {
    const certificate = selfSigned('cloud')
    const { client, server } = await serve(certificate)
    const { url, seen } = await proxy()
    const environment = { https_proxy: url }
    await client({ environment, caFile: file('ca.pem', certificate.cert) }).whoAmI()
    expect(seen).toEqual([`CONNECT ${new URL(server.url).host}`])
    await expect(client({ environment }).whoAmI()).rejects.toMatchObject({
      code: 'unavailable',
      retryable: false,
    })
  })

  it('is passed by for hosts of NO_PROXY, for the other protocol, and when it is not wanted', async () => {
    const { client } = await serve()
    const { url, seen } = await proxy()
    await client({ environment: { HTTP_PROXY: url, NO_PROXY: 'example.com,127.0.0.1' } }).whoAmI()
    await client({ environment: { HTTPS_PROXY: url } }).whoAmI()
    await client({ environment: { HTTP_PROXY: url }, useProxy: false }).whoAmI()
    expect(seen).toEqual([])
  })

  it('whose address has a password does not show it when it cannot be reached', async () => {
    const { client } = await serve()
    const environment = { HTTP_PROXY: 'http://user:hunter22@127.0.0.1:9' }
    const error: unknown = await client({ environment })
      .whoAmI()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'unavailable' })
    expect(String(error)).not.toContain('hunter22')
  })

  it.each([
    ['http://[::1]:5000/v3', '::1', false],
    ['http://[::1]:5000/v3', '[::1]', false],
    ['http://[::1]:5000/v3', '[::1]:5000', false],
    ['http://[::1]:5000/v3', '[::1]:5001', true],
    ['http://k.example:5000', 'example', false],
    ['http://k.example:5000', '.example', false],
    ['http://k.example:5000', '*.example', false],
    ['http://k.example:5000', 'k.example:5000', false],
    ['http://k.example:5000', 'k.example:80', true],
    ['http://mark.example', 'k.example', true],
    ['http://10.0.0.1', '10.0.0.1, localhost', false],
    ['http://110.0.0.1', '10.0.0.1', true],
    ['http://k.example', '*', false],
    ['http://k.example', undefined, true],
  ])('is asked for %s with NO_PROXY=%s: %s', (url, except, isUsed) => {
    const found = proxyFor(url, { http: 'http://proxy', https: undefined, except })
    expect(found).toBe(isUsed ? 'http://proxy' : undefined)
  })
})
