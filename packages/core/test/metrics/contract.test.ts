import { describe, it } from 'vitest'
import { trackedInstances } from '../../src/testing/common/sample-instances.js'
import { testMetrics, type MetricsUnderTest } from '../../src/testing/index.js'
import { customMetric } from '../../src/metrics/custom.js'
import { hostMetrics } from '../../src/metrics/host/host.js'
import type { HostApi } from '../../src/metrics/host/host-api.js'
import { httpJson } from '../../src/metrics/http-json/http-json.js'
import { prometheus } from '../../src/metrics/prometheus/prometheus.js'
import { usageMetrics } from '../../src/metrics/usage.js'
import { serveHttp } from '../http/loopback.js'
import { vector } from './prometheus/prometheus-answers.js'

const runner = { describe, it }
const instances = trackedInstances(3)

/** What a source under test is made to do, from one moment on. */
class Trouble {
  kind: 'none' | 'fail' | 'hang' = 'none'
  lostId: string | undefined

  /** As the contract kit asks for it. */
  readonly causes: Pick<MetricsUnderTest, 'failAll' | 'failOne' | 'hang'> = {
    failAll: () => {
      this.kind = 'fail'
    },
    failOne: (id) => {
      this.lostId = id
    },
    hang: () => {
      this.kind = 'hang'
    },
  }

  /** Answers, or does what it was told to. */
  async through<T>(answer: () => T): Promise<T> {
    if (this.kind === 'fail') throw new Error('the source is down')
    if (this.kind === 'hang') await new Promise(() => {})
    return answer()
  }
}

testMetrics(runner, 'hostMetrics', {
  make() {
    const trouble = new Trouble()
    const host: HostApi = {
      cpuTimes: () => trouble.through(() => ({ busyMs: 1000, totalMs: 4000, coreCount: 2 })),
      memory: () => trouble.through(() => ({ totalBytes: 1000, availableBytes: 250 })),
      loadAverage: () => (trouble.kind === 'none' ? 3 : undefined),
    }
    const metrics = hostMetrics({}, host)
    return { metrics, known: { 'host.memory': 0.75, 'host.load1': 3, 'host.load': 1.5 }, ...trouble.causes }
  },
})

testMetrics(runner, 'hostMetrics of this host', { make: () => ({ metrics: hostMetrics() }) })

testMetrics(runner, 'usageMetrics', {
  make() {
    const trouble = new Trouble()
    const metrics = usageMetrics({
      name: 'fake',
      supports: { usage: true, watch: false, chooseVictim: true },
      usage: (asked) =>
        trouble.through(() =>
          asked
            .filter(({ id }) => id !== trouble.lostId)
            .flatMap(({ id }) => [
              { kind: 'value', name: 'cpu', unit: 'ratio', instanceId: id, at: Date.now(), value: 0.5 },
              { kind: 'value', name: 'memory', unit: 'bytes', instanceId: id, at: Date.now(), value: 1024 },
            ]),
        ),
    })
    return { metrics, known: { cpu: 0.5, memory: 1024 }, ...trouble.causes }
  },
})

testMetrics(runner, 'customMetric of the group', {
  make() {
    const trouble = new Trouble()
    const metrics = customMetric({ name: 'queue', unit: 'count', read: () => trouble.through(() => 7) })
    return { metrics, known: { queue: 7 }, ...trouble.causes }
  },
})

testMetrics(runner, 'customMetric of instances', {
  make() {
    const trouble = new Trouble()
    const metrics = customMetric({
      name: 'jobs',
      of: 'instance',
      read: (request) =>
        trouble.through(
          () => new Map(request.instances.map(({ id }) => [id, id === trouble.lostId ? Number.NaN : 7])),
        ),
    })
    return { metrics, known: { jobs: 7 }, ...trouble.causes }
  },
})

/** A server that answers with what it is given, fails or hangs. */
async function troubledServer(trouble: Trouble, answer: () => unknown): Promise<string> {
  const { url } = await serveHttp((_, response) => {
    if (trouble.kind === 'hang') return
    response.writeHead(trouble.kind === 'fail' ? 503 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer()))
  })
  return url
}

testMetrics(runner, 'prometheus of the group', {
  async make() {
    const trouble = new Trouble()
    const url = await troubledServer(trouble, () => vector([{}, '42.5']))
    const metrics = prometheus({ url, query: 'sum(x)', name: 'rps', unit: 'per-second' })
    return { metrics, known: { rps: 42.5 }, ...trouble.causes }
  },
})

testMetrics(runner, 'prometheus of instances', {
  async make() {
    const trouble = new Trouble()
    const url = await troubledServer(trouble, () =>
      vector(
        ...instances
          .filter(({ id }) => id !== trouble.lostId)
          .map(({ name }) => [{ instance: name }, '42.5'] as const),
      ),
    )
    const metrics = prometheus({ url, query: 'x', name: 'rps', of: 'instance' })
    return { metrics, instances, known: { rps: 42.5 }, ...trouble.causes }
  },
})

testMetrics(runner, 'httpJson of the group', {
  async make() {
    const trouble = new Trouble()
    const url = await troubledServer(trouble, () => ({ depth: 7 }))
    return {
      metrics: httpJson({ url, pointer: '/depth', name: 'queue' }),
      known: { queue: 7 },
      ...trouble.causes,
    }
  },
})

testMetrics(runner, 'httpJson of instances', {
  async make() {
    const trouble = new Trouble()
    const asked = await Promise.all(
      instances.map(async (instance) => {
        const { address } = await serveHttp((_, response) => {
          if (trouble.kind === 'hang') return
          const isDown = trouble.kind === 'fail' || trouble.lostId === instance.id
          response.writeHead(isDown ? 503 : 200).end('{"depth":7}')
        })
        return { ...instance, address }
      }),
    )
    const metrics = httpJson({ of: 'instance', path: '/', pointer: '/depth', name: 'queue' })
    return { metrics, instances: asked, known: { queue: 7 }, ...trouble.causes }
  },
})
