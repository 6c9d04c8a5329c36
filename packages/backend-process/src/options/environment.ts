import { FlotillaError } from '@flotilla/core'
import { labelEnv, labelPrefix, type Label } from '../labels.js'

/** Environment variables by name; `undefined` stands for "not set". */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environment as the user gave it, when it will do. No value shows in the error: it may be a secret.
 *
 * @throws FlotillaError `invalid-options`
 */
export function checkEnv(env: unknown, portEnv: string): Environment {
  if (portEnv.startsWith(labelPrefix)) throw refused('portEnv', `must not begin with ${labelPrefix}`)
  if (typeof env !== 'object' || env === null || Array.isArray(env)) {
    throw refused('env', 'must be an object of strings')
  }
  const checked: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(env) as [string, unknown][]) {
    const field = `env.${name}`
    if (name === '' || /[=\0]/.test(name)) throw refused('env', `must not have a variable named "${name}"`)
    if (name === portEnv) throw refused(field, 'must be left out: it tells the instance its port')
    if (name.startsWith(labelPrefix)) throw refused(field, `must be left out: ${labelPrefix} is the label's`)
    if (value !== undefined && (typeof value !== 'string' || value.includes('\0'))) {
      throw refused(field, `must be a string without zero bytes, got ${typeof value} (hidden)`)
    }
    checked[name] = value
  }
  return checked
}

function refused(field: string, why: string): FlotillaError {
  return new FlotillaError('invalid-options', `processes: ${field} ${why}`, { field })
}

/** What makes up the environment of one instance. */
export interface InstanceEnv {
  readonly env: Environment
  readonly inheritEnv: boolean
  readonly portEnv: string
  readonly label: Label
}

/** The whole environment of one instance; its label comes last, so that nothing can hide it. */
export function instanceEnv({ env, inheritEnv, portEnv, label }: InstanceEnv): Environment {
  return { ...(inheritEnv ? process.env : {}), ...env, [portEnv]: String(label.port), ...labelEnv(label) }
}
