import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { invalidOption } from '@flotilla/core/authoring'
import { describeConnection, type Connection, type TlsTexts } from './connection.js'
import type { ConnectionOptions } from './connection-options.js'
import { configDirectory, currentContext, readContext, type Environment } from './docker-contexts.js'
import { defaultSocket, readAddress } from './read-address.js'
import { readTlsDirectory, readTlsOption } from './tls-files.js'

/** An engine's place, and who said so. */
export interface FoundEngine {
  readonly connection: Connection
  /** Without secrets, for messages: `unix:///run/user/1000/docker.sock (docker context "rootless")`. */
  readonly target: string
  /** One for each engine as far as its address tells: the same for a socket and for a link to it. */
  readonly scope: string
}

/** How the caller's options are called in errors. */
export interface OptionNames {
  /** Such as `nginx`; default `dockerEngine`. */
  readonly constructor: string
  /** What stands before a field: `docker.`. */
  readonly prefix: string
}

/**
 * Which engine is meant, with the precedence of the `docker` command: what is given, `DOCKER_HOST`, `DOCKER_CONTEXT`, the
 * context of `docker context use`, the local socket. Asks no engine; reads the environment and the user's docker files.
 *
 * @throws FlotillaError `invalid-options`, naming the option or the variable
 */
export function findEngine(
  options: ConnectionOptions,
  env: Environment = process.env,
  names: OptionNames = { constructor: 'dockerEngine', prefix: '' },
): FoundEngine {
  const { connection, source } = find(options, env, names)
  const target = `${describeConnection(connection)} (${source})`
  if (options.tls !== undefined && connection.kind !== 'tcp') {
    throw invalidOption(
      names.constructor,
      `${names.prefix}tls`,
      '(given)',
      `left out: the engine is ${target}`,
    )
  }
  return { connection, target, scope: describeConnection(resolved(connection)) }
}

interface Found {
  readonly connection: Connection
  readonly source: string
}

function find({ host, context, tls }: ConnectionOptions, env: Environment, names: OptionNames): Found {
  const { constructor, prefix } = names
  const own = (field: string): { constructor: string; field: string } => ({
    constructor,
    field: prefix + field,
  })
  if (host !== undefined && context !== undefined) {
    throw invalidOption(
      constructor,
      own('context').field,
      context,
      'left out with host: either names the engine',
    )
  }
  const texts = tls === undefined ? undefined : readTlsOption(tls, own('tls'))
  if (host !== undefined) {
    // What the variables say of TLS is not about a host given in code.
    return { connection: readAddress(host, () => texts, own('host')), source: `option ${prefix}host` }
  }
  const named = contextIn(context, env, own('context').field)
  if (named === undefined) return fromEnvironment(texts, env, constructor)
  const { name, field } = named
  const engine = readContext(name, env, { constructor, field })
  const connection = readAddress(engine.host, () => texts ?? engine.tls, { constructor, field })
  return { connection, source: `docker context "${name}" of ${field}` }
}

interface NamedContext {
  readonly name: string
  readonly field: string
}

/** Which context counts, and who named it; undefined where it is the one called `default`, or none. */
function contextIn(given: string | undefined, env: Environment, field: string): NamedContext | undefined {
  const ifAny = (name: string | undefined, from: string): NamedContext | undefined =>
    name === undefined || name === 'default' ? undefined : { name, field: from }
  if (given !== undefined) return ifAny(given, field)
  if (isSet(env['DOCKER_HOST'])) return undefined
  if (isSet(env['DOCKER_CONTEXT'])) return ifAny(env['DOCKER_CONTEXT'], 'DOCKER_CONTEXT')
  return ifAny(currentContext(env), `currentContext in ${join(configDirectory(env), 'config.json')}`)
}

/** What the context called `default` is: the variables, else this host's engine. */
function fromEnvironment(given: TlsTexts | undefined, env: Environment, constructor: string): Found {
  const tls = (): TlsTexts | undefined => given ?? tlsFromEnvironment(env, constructor)
  const host = env['DOCKER_HOST']
  if (isSet(host)) {
    return {
      connection: readAddress(host, tls, { constructor, field: 'DOCKER_HOST' }),
      source: 'DOCKER_HOST',
    }
  }
  if (given === undefined && tls() !== undefined) {
    const name = { constructor, field: 'DOCKER_TLS_VERIFY' }
    return { connection: readAddress('tcp://localhost', tls, name), source: 'DOCKER_TLS_VERIFY' }
  }
  return { connection: { kind: 'socket', path: defaultSocket }, source: `the default${rootlessHint(env)}` }
}

function tlsFromEnvironment(env: Environment, constructor: string): TlsTexts | undefined {
  if (isSet(env['DOCKER_TLS_VERIFY'])) {
    const directory = env['DOCKER_CERT_PATH'] || configDirectory(env)
    return readTlsDirectory(directory, { constructor, field: 'DOCKER_CERT_PATH' })
  }
  if (!isSet(env['DOCKER_TLS'])) return undefined
  const expected = 'left out, and DOCKER_TLS_VERIFY set: else nobody looks who answers'
  throw invalidOption(constructor, 'DOCKER_TLS', env['DOCKER_TLS'], expected)
}

/** The `docker` command does not look for a rootless engine, and so nor do we; but we see it. */
function rootlessHint(env: Environment): string {
  const socket = join(env['XDG_RUNTIME_DIR'] || '/nowhere', 'docker.sock')
  if (existsSync(defaultSocket) || !existsSync(socket)) return ''
  return `; a rootless engine is at unix://${socket}: docker context use rootless, or DOCKER_HOST`
}

/** A socket by its real path, for `/var/run` is a link to `/run`. */
function resolved(connection: Connection): Connection {
  if (connection.kind !== 'socket') return connection
  const { path } = connection
  return {
    kind: 'socket',
    path: realPath(path) ?? join(realPath(dirname(path)) ?? dirname(path), basename(path)),
  }
}

/** Undefined where nothing is, as while an engine is down. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== ''
