// A service on servers of OpenStack: so many that none has more than ten requests per second, between 1 and 5.
import { readFile } from 'node:fs/promises'
import { Autoscaler, fileStore, httpProbe, targetTracking } from '@flotilla/core'
import { openstack } from '@flotilla/backend-openstack'
import { proxy } from '@flotilla/balancer-proxy'
import { run } from './run.js'
import { settings } from './settings.js'

const { group, image, flavor, network, floatingFrom, securityGroup, keyName, servicePort, userData } =
  settings
const { port, min, max, ratePerServer, cooldownMs, bootTimeoutMs } = settings

try {
  const backend = openstack({
    image,
    flavor,
    networks: [network],
    floatingIpFrom: floatingFrom,
    securityGroups: [securityGroup],
    keyName,
    port: servicePort,
    userData: userData === undefined ? undefined : await readFile(userData),
    // The guest need not find the metadata service before it can boot.
    configDrive: true,
  })
  // While there is no server yet, and while they are looked for after a restart, requests wait.
  const front = proxy({ port, host: '0.0.0.0', queue: { max: 100, timeoutMs: 120_000 } })
  // To end the group, nobody need be served.
  if (!process.argv.includes('--end')) await front.listen()

  const service = new Autoscaler({
    group,
    min,
    max,
    intervalMs: 3000,
    backend,
    balancer: front,
    probe: httpProbe('/work'),
    launch: { readyTimeoutMs: bootTimeoutMs },
    // Per server that is wanted: one that still boots counts, so the group does not run ahead of its load.
    policy: targetTracking({ metric: 'http.request_rate', target: ratePerServer }),
    behavior: { scaleOut: { rates: [] }, scaleIn: { rates: [], windowMs: cooldownMs } },
    store: fileStore('.flotilla'),
  })

  await run(service, async () => {
    await front.close()
    await backend.close()
  })
} catch (error) {
  // What is wrong is with the cloud or with what names it: a stack says nothing of that.
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
