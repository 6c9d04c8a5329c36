import { docker } from '../../labs/docker/tools.js'
import { workerOptions } from './docker-group.js'
import { benchDirectory, node } from './docker-lab.js'

let id = ''

/** A container of somebody else, with the name that ours begin with; it serves, so that a request that strays is seen. */
export async function runStranger() {
  const args = ['run', '-d', '--init', '--restart', 'always', '--name', 'faults-stranger']
  const rest = ['-v', `${benchDirectory}:/bench:ro`, workerOptions.image, ...workerOptions.command]
  id = (await docker(node.socket, [...args, ...rest])).trim()
  return id
}

/**
 * @param {Readonly<Record<string, number>>} byMember - answers that a load got
 * @throws Error when the stranger gave any of them
 */
export function refuseStranger(byMember) {
  if (byMember[id.slice(0, 12)] !== undefined) throw new Error('the stranger got requests')
}
