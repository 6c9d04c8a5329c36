// The same service as one would run it: limits, a health probe, target tracking, and no request lost.
import { Autoscaler, fileStore, httpProbe, targetTracking } from '@flotilla/core'
import { docker } from '@flotilla/backend-docker'
import { nginx } from '@flotilla/balancer-nginx'
import { run } from './run.js'

const web = new Autoscaler({
  group: 'web',
  min: 2,
  max: 10,
  intervalMs: 5000,
  backend: docker({
    image: process.env['WEB_IMAGE'] ?? 'flask-lab:1',
    port: 5000,
    network: 'autoscale-net',
    cpus: 0.5,
    memoryBytes: 256 * 2 ** 20,
    graceMs: 20_000,
  }),
  // Connections of clients end with their answer: then no request can meet a reload, whatever the client does.
  balancer: nginx({ container: 'nginx-lb', upstream: 'backend', listen: 8000, clientKeepAliveMs: 0 }),
  probe: httpProbe('/health', { timeoutMs: 1000 }),
  policy: targetTracking({ metric: 'cpu', target: 0.6 }),
  behavior: { scaleIn: { windowMs: 60_000 } },
  health: { failureThreshold: 3 },
  store: fileStore('.flotilla'),
})

await run(web)
