import { spawnSync } from 'node:child_process'
import { down, node, up } from './lib/docker-lab.js'
import { nginxVersion } from './lib/proxy-nginx.js'
import { runInside } from './lib/run-inside.js'

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
    await runInside(
      'docker-inside.js',
      args.filter((one) => one !== '--keep'),
      {
        namespacePath: node.namespacePath,
        environment: { DOCKER_HOST: `unix://${node.socket}` },
        versions: `${stdout.trim()}; nginx ${nginxVersion() ?? 'not installed'}`,
      },
    )
  } finally {
    if (!keep) await down()
  }
}
