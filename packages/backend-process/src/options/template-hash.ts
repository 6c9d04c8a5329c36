import { createHash } from 'node:crypto'
import type { Settings } from './options.js'

/**
 * A short hash of all that makes an instance what it is; two of the same hash were started alike. What the controller's
 * own environment adds is left out: it differs from one start of the controller to the next.
 */
export function templateHash(settings: Settings): string {
  const { argv, env, inheritEnv, cwd, host, portEnv } = settings
  const variables = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const template = JSON.stringify([
    argv,
    variables.map(([name, value]) => [name, value ?? null]),
    inheritEnv,
    cwd,
    host,
    portEnv,
  ])
  return createHash('sha256').update(template).digest('hex').slice(0, 12)
}
