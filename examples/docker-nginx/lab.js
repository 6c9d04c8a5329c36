// The autoscaling lab: average CPU of the replicas over 20 % adds one, under 5 % removes one, between 1 and 5.
import { Autoscaler, fileStore, httpProbe, threshold } from '@flotilla/core'
import { docker } from '@flotilla/backend-docker'
import { nginx } from '@flotilla/balancer-nginx'
import { run } from './run.js'

const web = new Autoscaler({
  group: 'flask',
  min: 1,
  max: 5,
  intervalMs: 2000,
  // 20 % is of one core, as `docker stats` shows it.
  backend: docker({
    image: process.env['WEB_IMAGE'] ?? 'flask-lab:1',
    port: 5000,
    network: 'autoscale-net',
    cpus: 1,
  }),
  balancer: nginx({ container: 'nginx-lb', upstream: 'backend', listen: 8000 }),
  probe: httpProbe('/health'),
  policy: threshold({ metric: 'cpu', above: 0.2, below: 0.05 }),
  behavior: {
    // A replica that is coming counts as idle, so the group cannot run ahead of its load: it need not cool down to grow.
    scaleOut: { rates: [] },
    scaleIn: { rates: [], windowMs: 0, cooldownMs: 15_000 },
  },
  store: fileStore('.flotilla'),
})

await run(web)
