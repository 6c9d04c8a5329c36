import { createServer, request as httpRequest, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fakeBalancer, type FakeBalancer } from '@flotilla/core/testing'

/** The fake balancer with real connections on both sides: as little of a proxy as keeps the promises. */
export interface TinyProxy {
  readonly balancer: FakeBalancer
  readonly url: string
  readonly close: () => Promise<void>
}

export async function startTinyProxy(drainMs: number): Promise<TinyProxy> {
  const balancer = fakeBalancer({ drainMs })
  const server = createServer((request, response) => {
    void forward(balancer, request.url ?? '/', response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { balancer, url: `http://127.0.0.1:${port}`, close: async () => closeServer(server) }
}

async function forward(balancer: FakeBalancer, path: string, response: ServerResponse): Promise<void> {
  if (balancer.members.length === 0) {
    response.writeHead(503, { 'retry-after': '1' }).end()
    return
  }
  const held = balancer.hold()
  const { host, port } = balancer.members.find(({ id }) => id === held.memberId) ?? {}
  const upstream = httpRequest({ host, port, path, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  upstream.once('error', () => response.destroy()).end()
  response.once('close', () => held.release())
  const { status } = await held.answer
  if (status === 0) upstream.destroy()
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
