import { FlotillaError } from '@flotilla/core'
import { httpTraffic, testLoadBalancer, type BalancerKit } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { NginxBalancer } from '../src/nginx-balancer.js'
import { settingsFrom } from '../src/options/settings.js'
import { FakeNginx } from './fakes/fake-nginx.js'

// Two cases wait for it to pass, all others must be quicker, however busy the machine.
const drainMs = 5000

/** @param sees - what the balancer sees of Nginx */
const kit = (sees: 'generation and workers' | 'workers only'): BalancerKit => ({
  drainMs,
  async make() {
    const fake = new FakeNginx({ workerShutdownMs: drainMs })
    const port = await fake.listen()
    let losses = 0
    const traffic = httpTraffic({ url: () => `http://127.0.0.1:${port}` })
    const settings = settingsFrom({ upstream: 'backend', listen: 80, drainTimeoutMs: drainMs })
    const page = sees === 'workers only' ? undefined : fake
    return {
      balancer: new NginxBalancer({ settings, api: fake, page }),
      ...traffic,
      failNextUpdate() {
        fake.faults.write = new FlotillaError('unavailable', 'write /fake: no space left on device')
      },
      async lose() {
        losses += 1
        if (losses % 2 === 1) fake.recreate()
        else await fake.loadElsewhere()
      },
      breakCheck() {
        fake.isMute = true
      },
      updateCount: () => fake.calls.filter((call) => call === 'write').length,
      async cleanup() {
        await fake.stop()
        await traffic.cleanup()
      },
    }
  },
})

// Each case has an Nginx of its own, and most of its time it waits.
const runner = { describe, it: it.concurrent }

testLoadBalancer(runner, 'nginx, seen by its status page,', kit('generation and workers'))
testLoadBalancer(runner, 'nginx, seen by its processes alone,', kit('workers only'))
