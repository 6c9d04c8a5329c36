import { afterAll, beforeAll } from 'vitest'
import { connect } from '../../src/connect.js'
import { virsh } from '../../src/virsh/virsh.js'
import { hypervisorSuite } from './hypervisor-suite.js'
import { liveUri } from './live-kit.js'
import { startTestNetwork } from './test-network.js'

let network: Awaited<ReturnType<typeof startTestNetwork>>
beforeAll(async () => {
  network = await startTestNetwork()
})
afterAll(() => network.stop())

hypervisorSuite(
  'connect',
  () => connect(liveUri),
  () => network.name,
)
hypervisorSuite(
  'virsh',
  () => Promise.resolve(virsh(liveUri)),
  () => network.name,
)

const { FLOTILLA_LIVE_LIBVIRT_TCP: tcp, FLOTILLA_LIVE_LIBVIRT_TLS: tls } = process.env
if (tcp !== undefined)
  hypervisorSuite(
    'connect over TCP',
    () => connect(tcp),
    () => network.name,
  )
if (tls !== undefined)
  hypervisorSuite(
    'connect over TLS',
    () => connect(tls),
    () => network.name,
  )
