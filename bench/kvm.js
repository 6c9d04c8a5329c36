import { spawnSync } from 'node:child_process'
import { down, places, up } from './lib/kvm-lab.js'
import { runInside } from './lib/run-inside.js'

/**
 * Virtual machines on libvirt: polling, launches, many groups, faults, and the rule of a teaching lab. Arguments:
 * numbers of bars (1 to 5), `--quick` for less of each, `--keep` to leave libvirtd up.
 *
 * @param {readonly string[]} args
 */
export async function run(args) {
  const keep = args.includes('--keep')
  await up()
  try {
    const { hosts, environment } = places()
    const [{ namespacePath }] = hosts
    await runInside(
      'kvm-inside.js',
      args.filter((one) => one !== '--keep'),
      { namespacePath, environment, versions: versions() },
    )
  } finally {
    if (!keep) await down()
  }
}

function versions() {
  const first = (/** @type {string} */ command, /** @type {string} */ argument) =>
    spawnSync(command, [argument], { encoding: 'utf8' }).stdout.split('\n')[0]?.trim() ?? ''
  return `${first('libvirtd', '--version')}; ${first('qemu-system-x86_64', '--version')}, emulating (TCG)`
}
