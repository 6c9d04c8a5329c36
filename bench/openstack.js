import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openLab } from './lib/openstack-lab.js'

/**
 * Servers of OpenStack: a story by our client and by openstacksdk, calls of a tick, scale-out, two hundred servers with
 * failing builds, and faults. Arguments: numbers of bars (1 to 5), `--quick` for less of each, `--only TEXT` for a part of
 * one, `--keep` to leave the control plane up, `--lab` to use the one that `npm run lab -- openstack --keep` left up.
 *
 * @param {readonly string[]} args
 */
export async function run(args) {
  const lab = await openLab({ isGiven: args.includes('--lab') })
  const { places, environment } = lab
  await lab.up()
  try {
    console.log(`${versions()}; load average ${averages()}`)
    const inside = fileURLToPath(new URL('lib/openstack-inside.js', import.meta.url))
    const command = [`--net=${places.namespacePath}`, process.execPath, inside]
    const child = spawn(
      'nsenter',
      [...command, ...args.filter((one) => !['--keep', '--lab'].includes(one))],
      {
        stdio: 'inherit',
        env: { ...process.env, ...environment },
      },
    )
    const [code] = await once(child, 'exit')
    console.log(`load average at the end ${averages()}`)
    if (code !== 0) process.exitCode = 1
  } finally {
    if (!args.includes('--keep')) await lab.down()
  }
}

function versions() {
  const said = (/** @type {string} */ name) =>
    spawnSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' }).stdout.trim()
  return `nova ${said('nova-api')}; openstacksdk ${said('python3-openstacksdk')}; openstackclient ${said('python3-openstackclient')}`
}

const averages = () =>
  loadavg()
    .map((one) => one.toFixed(1))
    .join(' ')
