import { spawnSync } from 'node:child_process'
import { openLab } from './lib/openstack-lab.js'
import { runInside } from './lib/run-inside.js'

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
    await runInside(
      'openstack-inside.js',
      args.filter((one) => !['--keep', '--lab'].includes(one)),
      { namespacePath: places.namespacePath, environment, versions: versions() },
    )
  } finally {
    if (!args.includes('--keep')) await lab.down()
  }
}

function versions() {
  const said = (/** @type {string} */ name) =>
    spawnSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' }).stdout.trim()
  return `nova ${said('nova-api')}; openstacksdk ${said('python3-openstacksdk')}; openstackclient ${said('python3-openstackclient')}`
}
