// The KVM lab: average CPU of the machines over 70 % adds one, under 30 % removes one, between 1 and 5, every 3 s.
import { Autoscaler, fileStore, httpProbe, silentLogger, threshold } from '@flotilla/core'
import { kvm } from '@flotilla/backend-kvm'
import { proxy } from '@flotilla/balancer-proxy'
import { hostFromEnvironment } from './host.js'
import { createView } from './view.js'

const { uri, golden, domainType, memoryMib, port } = hostFromEnvironment({
  volume: 'base-template.qcow2',
  memoryMib: 256,
})
const backend = kvm({ uri, golden, domainType, memoryMib, vcpus: 1, networks: ['default'], port: 80 })
const front = proxy({ port, host: '0.0.0.0' })

const lab = new Autoscaler({
  group: 'lab',
  min: 1,
  max: 5,
  intervalMs: 3000,
  backend,
  balancer: front,
  probe: httpProbe('/'),
  policy: threshold({ metric: 'cpu', above: 0.7, below: 0.3 }),
  // The CPU that a machine needs to boot is no load; neither is that of its first seconds of service.
  warmupMs: 6000,
  behavior: {
    scaleOut: { rates: [] },
    scaleIn: { rates: [], windowMs: 15_000 },
  },
  victims: 'least-busy',
  store: fileStore('.flotilla'),
  logger: silentLogger,
})

// Nothing is started then: what there is of the group is ended, with its disks, and that is all.
if (process.argv.includes('--end')) {
  await lab.stop({ terminate: true })
  await front.close()
  await backend.close()
  console.log('ended')
  process.exit()
}

const view = createView(process.stdout, lab)
const drawing = setInterval(() => view.show(), 500)
const stop = async () => {
  view.tell('the machines go on; start again to find them')
  await lab.stop()
  await front.close()
  await backend.close()
  clearInterval(drawing)
  view.end()
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop())
// Such as a second one of the same group.
await lab.start().catch((error) => {
  clearInterval(drawing)
  view.end()
  console.error(error.message)
  process.exit(1)
})
