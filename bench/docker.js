import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { down, node, up } from './lib/docker-lab.js'
import { nginxVersion } from './lib/proxy-nginx.js'

/**
 * Containers behind Nginx: requests lost, sampling, speed, many groups, faults, and the rule of a shell loop. Arguments:
 * numbers of bars (1 to 6), `--quick` for less of each, `--rate N` for requests a second, `--setup strict`,
 * `default` or `naive` for only that one of bar 1, `--fault WORDS` for only those of bar 5 whose names have them, `--keep`
 * to leave the engine up.
 *
 * @param {readonly string[]} args
 */
export async function run(args) {
  const keep = args.includes('--keep')
  await up()
  try {
    const { stdout } = spawnSync('dockerd', ['--version'], { encoding: 'utf8' })
    console.log(`${stdout.trim()}; nginx ${nginxVersion() ?? 'not installed'}; load average ${averages()}`)
    const inside = fileURLToPath(new URL('lib/docker-inside.js', import.meta.url))
    const command = [`--net=${node.namespacePath}`, process.execPath, inside]
    const env = { ...process.env, DOCKER_HOST: `unix://${node.socket}` }
    const child = spawn('nsenter', [...command, ...args.filter((one) => one !== '--keep')], {
      stdio: 'inherit',
      env,
    })
    const [code] = await once(child, 'exit')
    console.log(`load average at the end ${averages()}`)
    if (code !== 0) process.exitCode = 1
  } finally {
    if (!keep) await down()
  }
}

const averages = () =>
  loadavg()
    .map((one) => one.toFixed(1))
    .join(' ')
