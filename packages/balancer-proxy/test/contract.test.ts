import { httpTraffic, testLoadBalancer, testMetrics, trackedInstances } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { proxy, type Proxy } from '../src/index.js'
import { closeServer } from './support/close-server.js'
import { send } from './support/client.js'
import { noSignal } from './support/proxy.js'

// Two cases wait for it to pass, all others must be quicker, however busy the machine.
const drainMs = 2000

async function makeBalancer() {
  const balancer = proxy({ port: 0, drainTimeoutMs: drainMs, queue: { max: 10, timeoutMs: 1 } })
  await balancer.listen()
  const traffic = httpTraffic({ url: () => `http://127.0.0.1:${balancer.address?.port}` })
  return { balancer, lose: () => closeServer(balancer.address?.port ?? 0), ...traffic }
}

// Not with least connections: there a member with a request held would rightly get no other.
testLoadBalancer({ describe, it: it.concurrent }, 'the proxy', { drainMs, make: makeBalancer })

testMetrics({ describe, it }, 'the proxy', {
  async make() {
    const { balancer, startMember, cleanup } = await makeBalancer()
    const instances = trackedInstances(3)
    const members = await Promise.all(instances.map(async ({ id }) => ({ ...(await startMember()), id })))
    await balancer.sync(members, { signal: noSignal })
    await ask(balancer, 6)
    return {
      metrics: balancer,
      instances,
      known: { 'http.request_count': 6, 'http.in_flight': 0, 'http.queue': 0, 'http.instance_in_flight': 0 },
      failOne: async (instanceId) => {
        await balancer.sync(
          members.filter(({ id }) => id !== instanceId),
          { signal: noSignal },
        )
      },
      cleanup,
    }
  },
})

async function ask(balancer: Proxy, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await send(balancer.address?.port ?? 0)
}
