import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Autoscaler, FlotillaError, targetTracking, type AutoscalerOptions } from '@flotilla/core'
import { fakeBackend, FakeClock } from '@flotilla/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import * as groups from '../groups.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Answers everything with this. */
async function answering(body: unknown): Promise<number> {
  const server = createServer((_, response) => void response.end(JSON.stringify(body)))
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

type Given = Partial<AutoscalerOptions> & Pick<AutoscalerOptions, 'policy'>

describe('the groups of the page on metrics', () => {
  it.each(Object.entries(groups).filter(([name]) => name.startsWith('by')))(
    '%s is taken as it stands',
    (_, group) => {
      const options = { group: 'web', min: 1, max: 5, backend: fakeBackend(), ...(group as Given) }
      expect(new Autoscaler(options)).toBeInstanceOf(Autoscaler)
    },
  )

  it('asks each instance at its own address', async () => {
    const port = await answering({ load: 0.75 })
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, address: () => ({ host: '127.0.0.1', port }) })
    const web = new Autoscaler({ group: 'web', min: 2, max: 9, clock, backend, ...groups.byWorkers })
    await web.tick()
    await web.tick()
    const [decision] = web.decisions().slice(-1)
    expect(decision?.reason).toContain('threads.busy 0.75')
    await web.stop()
  })

  it('takes the values of instances from a map, and what is not in it as missing', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const web = new Autoscaler({ group: 'web', min: 1, max: 9, clock, backend, ...groups.byJobs })
    await web.tick()
    const id = web.status().instances[0]?.id ?? ''
    await web.tick()
    expect(web.decisions().at(-1)?.reason).toContain('jobs')
    groups.jobsOf.set(id, 8)
    await web.tick()
    expect(web.status().desired).toBe(2)
    await web.stop()
  })

  it('refuses percent where a ratio is meant', () => {
    const policy = targetTracking({ metric: 'cpu', target: 50 })
    const make = () => new Autoscaler({ group: 'web', min: 1, max: 5, backend: fakeBackend(), policy })
    expect(make).toThrow(FlotillaError)
    expect(make).toThrow(
      'targetTracking: target must be below 5, as cpu is a ratio, not a percentage: 0.5 is 50 %, got 50',
    )
  })

  it('refuses a metric that nobody gives, and names those that are there', () => {
    const policy = targetTracking({ metric: 'cpus', target: 0.5 })
    const make = () => new Autoscaler({ group: 'web', min: 1, max: 5, backend: fakeBackend(), policy })
    expect(make).toThrow('one of cpu, memory')
  })
})
