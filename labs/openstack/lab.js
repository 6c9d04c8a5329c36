import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildGolden } from '../lib/golden/golden.js'
import { insideNetwork, runLiveSuites } from '../lib/run-live-suites.js'
import { sh } from '../lib/sh.js'
import { writeConfiguration } from './configuration/write.js'
import { isAlive, lastLines, start, untilAnswers } from './daemons.js'
import { databaseUser, makeDatabases, sql, tablesOf } from './databases.js'
import { installNeeded } from './install.js'
import { computeHosts, placesOf, urls } from './places.js'
import { closeSandbox, openSandbox, shInside } from './sandbox.js'
import { secretsOf } from './secrets.js'
import { cloudName } from './seed/identity.js'
import { servicesOf } from './services.js'
import { Stopwatch } from './stopwatch.js'

/** @import { Counts } from '../../scripts/lib/counts.js' */
/** @import { LabContext } from '../lib/contract.js' */
/** @import { Places } from './places.js' */
/** @import { Service } from './services.js' */

/*
 * A whole control plane of Debian's OpenStack: Keystone, Nova, Placement, Glance and Neutron with their database and
 * queue, in a sandbox of its own. Three compute hosts are fake, for hundreds of servers; one runs guests in QEMU.
 */

/** @param {LabContext} context */
export async function up({ workDirectory, signal, log }) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('the openstack lab starts daemons in namespaces of their own: it needs Linux, and root')
  }
  const watch = new Stopwatch(log)
  await installNeeded({ signal, log })
  watch.lap('packages')
  const places = placesOf(workDirectory)
  mkdirSync(workDirectory, { recursive: true })
  chmodSync(workDirectory, 0o755)
  const secrets = secretsOf(places)
  await openSandbox(places, signal)
  writeConfiguration(places, secrets, { databaseUser: databaseUser() })
  cpSync(fileURLToPath(new URL('python', import.meta.url)), join(workDirectory, 'python'), {
    recursive: true,
  })
  await initialiseDatabase(places, signal)

  const services = servicesOf(places)
  const bringUp = async (/** @type {readonly Service[]} */ group) => {
    for (const service of group) await start(places, service)
    for (const service of group) await untilAnswers(places, service, signal)
  }
  await bringUp(services.base)
  watch.lap('sandbox, database, queue')
  await makeDatabases(places, secrets, signal)
  const tables = tablesOf(places, secrets, signal)
  await Promise.all([
    buildGolden({ golden: places.golden, workDirectory, forCloud: true, signal, log }),
    tables.compute(),
    tables.network(),
    (async () => {
      await tables.identity()
      await bringUp(services.identity)
      await seed(places, 'identity', signal)
      await tables.image()
      await tables.placement()
    })(),
  ])
  watch.lap('tables, Keystone and its users, golden image')
  await bringUp(services.apis)
  await bringUp(services.agents)
  watch.lap('Nova, Glance, Neutron, Placement')
  await seed(places, 'resources', signal)
  await untilHostsAreMapped(places, signal)
  for (const { name } of Object.values(services).flat())
    if (!isAlive(places, name)) throw new Error(`${name} has ended:\n${lastLines(places, name)}`)
  watch.lap('images, flavours, networks, hosts')
  writeFileSync(join(workDirectory, 'lab.json'), JSON.stringify(places, undefined, 2))
  log(`Keystone at ${urls.identity}; by hand: nsenter --net=${places.namespacePath} env \\`)
  log(`  OS_CLIENT_CONFIG_FILE=${places.cloudsFile} OS_CLOUD=${cloudName} openstack server list`)
}

/**
 * The suites run inside the sandbox's network, where the services listen and the guests' addresses can be reached.
 *
 * @param {LabContext} context
 * @returns {Promise<Counts>}
 */
export async function test({ workDirectory, signal }) {
  const { counts } = await runLiveSuites(
    {
      reportFile: join(workDirectory, 'report.json'),
      within: insideNetwork(placesOf(workDirectory)),
      files: [
        'packages/openstack-client/test/live',
        'packages/backend-openstack/test/live',
        'labs/openstack/test',
      ],
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
  return {
    OS_CLIENT_CONFIG_FILE: placesOf(workDirectory).cloudsFile,
    OS_CLOUD: cloudName,
    FLOTILLA_LIVE_OPENSTACK_LAB: join(workDirectory, 'lab.json'),
  }
}

/** @param {LabContext} context */
export async function down({ workDirectory, log }) {
  log('ending the sandbox')
  await closeSandbox(placesOf(workDirectory))
  rmSync(workDirectory, { recursive: true, force: true })
}

/**
 * @param {Places} places
 * @param {AbortSignal} signal
 */
async function initialiseDatabase(places, signal) {
  const system = join(places.inside, 'db/mysql')
  const install = 'mariadb-install-db --no-defaults --user=mysql --skip-test-db'
  await shInside(places, ['sh', '-c', `[ -d ${system} ] || ${install} --datadir=${places.inside}/db`], {
    signal,
  })
}

/**
 * @param {Places} places
 * @param {'identity' | 'resources'} what
 * @param {AbortSignal} signal
 */
async function seed({ namespacePath, workDirectory }, what, signal) {
  const program = fileURLToPath(new URL('seed/main.js', import.meta.url))
  const command = [`--net=${namespacePath}`, process.execPath, program, what, workDirectory]
  await sh('nsenter', command, { signal, timeoutMs: 300_000 })
}

/**
 * A host can be in its zone and not yet in its cell; what is built on it then comes to ERROR.
 *
 * @param {Places} places
 * @param {AbortSignal} signal
 */
async function untilHostsAreMapped(places, signal) {
  const isMapped = async () =>
    Number(await sql(places, 'select count(*) from nova_api.host_mappings', signal)) >= computeHosts.length
  for (let waited = 0; !(await isMapped()); waited += 1) {
    if (waited > 180) throw new Error('Nova has not mapped its hosts into the cell')
    await shInside(places, ['sleep', '0.5'], { signal })
  }
}
