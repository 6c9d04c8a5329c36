import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { down, places, up } from './lib/kvm-lab.js'

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
    console.log(`${versions()}; load average ${averages()}`)
    const inside = fileURLToPath(new URL('lib/kvm-inside.js', import.meta.url))
    const [main] = places().hosts
    const command = [`--net=${main.namespacePath}`, process.execPath, inside]
    const child = spawn('nsenter', [...command, ...args.filter((one) => one !== '--keep')], {
      stdio: 'inherit',
      env: { ...process.env, ...places().environment },
    })
    const [code] = await once(child, 'exit')
    console.log(`load average at the end ${averages()}`)
    if (code !== 0) process.exitCode = 1
  } finally {
    if (!keep) await down()
  }
}

function versions() {
  const first = (/** @type {string} */ command, /** @type {string} */ argument) =>
    spawnSync(command, [argument], { encoding: 'utf8' }).stdout.split('\n')[0]?.trim() ?? ''
  return `${first('libvirtd', '--version')}; ${first('qemu-system-x86_64', '--version')}, emulating (TCG)`
}

const averages = () =>
  loadavg()
    .map((one) => one.toFixed(1))
    .join(' ')
