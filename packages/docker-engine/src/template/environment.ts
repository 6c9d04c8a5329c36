import { invalidOption } from '@flotilla/core/authoring'

/** Variables of an instance. */
export type Environment = Readonly<Record<string, string>>

/**
 * Checked apart from the other options, so that an error names the variable and never shows a value.
 *
 * @throws FlotillaError `invalid-options`
 */
export function checkEnv(constructor: string, env: unknown): Environment {
  if (typeof env !== 'object' || env === null || Array.isArray(env)) {
    throw invalidOption(constructor, 'env', typeof env, 'an object of variables and their values')
  }
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || /[=\0]/.test(name)) {
      throw invalidOption(constructor, 'env', name, 'an object whose keys are names of variables, without =')
    }
    if (typeof value !== 'string' || value.includes('\0')) {
      throw invalidOption(constructor, `env.${name}`, typeof value, 'a string without null characters')
    }
  }
  return env as Environment
}
