import { existsSync, mkdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificates } from './certificates.js'
import { writeConfiguration } from './configuration.js'
import { startDaemon, stopDaemon } from './daemon.js'
import { buildGolden } from '../lib/golden/golden.js'
import { addNamespace, removeNamespace } from '../lib/namespace.js'
import { insideNetwork, runLiveSuites } from '../lib/run-live-suites.js'
import { stopGuarded } from './guarded.js'
import { furnish } from './hypervisor.js'
import { installNeeded } from './install.js'
import { joinNamespaces } from './namespace.js'
import { hostsOf, placesOf } from './places.js'

/** @import { Counts } from '../../scripts/lib/counts.js' */
/** @import { LabContext } from '../lib/contract.js' */

/*
 * Two hypervisors, each a libvirtd with a network namespace and libvirt directories of its own, so that neither touches
 * the host's own libvirt, its bridges and its firewall rules: `main` for nearly everything, and `second` for groups over
 * several. QEMU emulates (TCG), which works also where there is no /dev/kvm.
 */

/** @param {LabContext} context */
export async function up({ workDirectory, signal, log }) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('the kvm lab starts daemons in network namespaces: it needs Linux, and root')
  }
  await installNeeded({ signal, log })
  const places = placesOf(workDirectory)
  const [main, second] = hostsOf(places)
  for (const path of [workDirectory, places.imagesDirectory, places.sharedDirectory])
    mkdirSync(path, { recursive: true })
  mkdirSync(places.runDirectory, { recursive: true, mode: 0o700 })
  await buildGolden({ golden: places.golden, workDirectory, signal, log })
  await makeCertificates(places.pkiDirectory, signal)
  for (const host of [main, second]) await addNamespace(host, signal)
  await joinNamespaces(main, second, signal)
  for (const host of [main, second]) {
    writeConfiguration(places, host)
    await startDaemon(places, host, { signal, log })
    await furnish(places, host, signal)
  }
  writeFileSync(
    join(workDirectory, 'lab.json'),
    JSON.stringify({ places, hosts: [main, second] }, undefined, 2),
  )
  log(
    `libvirtd at ${main.uri}; by hand: nsenter --net=${main.namespacePath} virsh -c '${main.uri}' list --all`,
  )
}

/**
 * The suites run inside the first hypervisor's namespace, where machines' addresses can be reached.
 *
 * @param {LabContext} context
 * @returns {Promise<Counts>}
 */
export async function test({ workDirectory, signal }) {
  const [main] = hostsOf(placesOf(workDirectory))
  const { counts } = await runLiveSuites(
    {
      reportFile: join(workDirectory, 'report.json'),
      within: insideNetwork(main),
      files: ['packages/libvirt/test/live', 'packages/backend-kvm/test/live', 'labs/kvm/test'],
    },
    { env: environmentOf(workDirectory), signal, show: true },
  )
  return counts
}

/**
 * What the live suites read.
 *
 * @param {string} workDirectory
 * @returns {Record<string, string>}
 */
export function environmentOf(workDirectory) {
  const places = placesOf(workDirectory)
  const [main, second] = hostsOf(places)
  return {
    FLOTILLA_LIVE_LIBVIRT: main.uri,
    FLOTILLA_LIVE_LIBVIRT_TCP: 'qemu+tcp://127.0.0.1/system',
    FLOTILLA_LIVE_LIBVIRT_TLS: `qemu+tls://localhost/system?pkipath=${places.pkiDirectory}`,
    FLOTILLA_LIVE_KVM: main.uri,
    FLOTILLA_LIVE_KVM_SECOND: second.uri,
    FLOTILLA_LIVE_KVM_GOLDEN: places.golden,
    FLOTILLA_LIVE_KVM_POOL: places.pool,
    FLOTILLA_LIVE_KVM_SHARED_POOL: places.sharedPool,
    FLOTILLA_LIVE_KVM_SHARED_DIRECTORY: places.sharedDirectory,
    FLOTILLA_LIVE_KVM_SECOND_ADDRESS: second.address,
    FLOTILLA_LIVE_KVM_NETWORK: places.network,
    // Outside the network's DHCP range.
    FLOTILLA_LIVE_KVM_ADDRESSES: `${main.subnet}.128-${main.subnet}.254`,
    FLOTILLA_LIVE_KVM_LAB: join(workDirectory, 'lab.json'),
  }
}

/** @param {LabContext} context */
export async function down({ workDirectory, log }) {
  const places = placesOf(workDirectory)
  for (const host of hostsOf(places)) {
    await stopDaemon(host, log)
    await removeNamespace(host)
  }
  await stopGuarded(places, log)
  for (const path of [places.runDirectory, workDirectory]) rmSync(path, { recursive: true, force: true })
  // libvirtd's own directory was only there to mount upon.
  if (existsSync('/run/libvirt')) removeIfEmpty('/run/libvirt')
}

/** @param {string} path */
function removeIfEmpty(path) {
  try {
    rmdirSync(path)
  } catch {
    // The machine's own libvirt uses it.
  }
}
