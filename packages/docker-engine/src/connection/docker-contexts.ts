import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { FlotillaError } from '@flotilla/core'
import { errnoOf, messageOf } from '@flotilla/core/authoring'
import type { TlsTexts } from './connection.js'
import { readTlsDirectory, type OptionName } from './tls-files.js'

/** Variables of an environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a context says of its engine. */
export interface ContextEngine {
  readonly host: string
  readonly tls: TlsTexts | undefined
}

/** Where the `docker` command of this user keeps what it remembers. */
export const configDirectory = (env: Environment): string =>
  env['DOCKER_CONFIG'] || join(homedir(), '.docker')

/**
 * The context that `docker context use` chose; undefined when it chose none.
 *
 * @throws FlotillaError `invalid-options` when the file cannot be read: which engine is meant is then not known
 */
export function currentContext(env: Environment): string | undefined {
  const file = join(configDirectory(env), 'config.json')
  const config = readJson(file, 'give host, or set DOCKER_HOST')
  const name = config?.['currentContext']
  return typeof name === 'string' && name !== '' ? name : undefined
}

/**
 * The engine of one context, as `docker context create` wrote it.
 *
 * @throws FlotillaError `invalid-options`
 */
export function readContext(context: string, env: Environment, name: OptionName): ContextEngine {
  const refuse = (why: string): never => {
    const message = `${name.constructor}: ${name.field} names the docker context "${context}", ${why}`
    throw new FlotillaError('invalid-options', message, { field: name.field, value: context })
  }
  const contexts = join(configDirectory(env), 'contexts')
  const id = createHash('sha256').update(context).digest('hex')
  const file = join(contexts, 'meta', id, 'meta.json')
  const meta =
    readJson(file, 'create the context anew') ??
    refuse(`which is not there: ${file} is missing; see docker context ls`)
  const { Host: host, SkipTLSVerify: isUnchecked } = objectIn(objectIn(meta, 'Endpoints'), 'docker')
  if (typeof host !== 'string' || host === '') return refuse(`which has no docker endpoint: ${file}`)
  if (isUnchecked === true) {
    return refuse('which does not check who answers (skip-tls-verify): create it anew with its ca')
  }
  const tlsDirectory = join(contexts, 'tls', id, 'docker')
  return { host, tls: existsSync(tlsDirectory) ? readTlsDirectory(tlsDirectory, name) : undefined }
}

function readJson(file: string, whatWouldDo: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    const message = `which engine the docker command uses is not known: ${file}: ${messageOf(error)}; ${whatWouldDo}`
    throw new FlotillaError('invalid-options', message, { cause: error })
  }
}

function objectIn(value: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const found = value[key]
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {}
}
