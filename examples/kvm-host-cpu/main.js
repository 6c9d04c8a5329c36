// A private cloud on one KVM host: CPU of the host over 50 % adds a machine, under 20 % removes one, between 1 and 5.
import { Autoscaler, fileStore, hostMetrics, httpProbe, threshold } from '@flotilla/core'
import { kvm } from '@flotilla/backend-kvm'
import { proxy } from '@flotilla/balancer-proxy'
import { hostFromEnvironment } from '../kvm-lab/host.js'
import { run } from './run.js'

const { uri, golden, domainType, memoryMib, port } = hostFromEnvironment({
  volume: 'base-vm.qcow2',
  memoryMib: 1024,
})
const backend = kvm({ uri, golden, domainType, memoryMib, vcpus: 1, networks: ['default'], port: 80 })
const front = proxy({ port, host: '0.0.0.0' })

const cloud = new Autoscaler({
  group: 'autoscale-vm',
  min: 1,
  max: 5,
  intervalMs: 5000,
  backend,
  balancer: front,
  probe: httpProbe('/'),
  metrics: [hostMetrics()],
  policy: threshold({ metric: 'host.cpu', above: 0.5, below: 0.2 }),
  behavior: {
    // A machine that boots keeps the host busy too: what its predecessor was worth is seen only after that.
    scaleOut: { rates: [], cooldownMs: 30_000 },
    scaleIn: { rates: [], windowMs: 60_000, cooldownMs: 30_000 },
  },
  store: fileStore('.flotilla'),
})

await run(cloud, async () => {
  await front.close()
  await backend.close()
})
