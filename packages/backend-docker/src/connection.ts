import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { check, invalidOption, messageOf } from '@flotilla/core'
import * as v from 'valibot'

/** PEM texts for a TLS connection, or the directory that holds them as `ca.pem`, `cert.pem` and `key.pem`. */
export type TlsFiles =
  | { readonly ca: string; readonly cert: string; readonly key: string }
  | { readonly certPath: string }

/** Where the engine is. */
export interface ConnectionOptions {
  /**
   * As in `DOCKER_HOST`: `unix:///var/run/docker.sock`, `tcp://10.0.0.5:2376`, `ssh://ops@10.0.0.5`. Default: what
   * `DOCKER_HOST` says, with `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`; else `unix:///var/run/docker.sock`.
   */
  readonly host?: string | undefined
  /** For `tcp://`; without it the connection is neither secret nor checked. */
  readonly tls?: TlsFiles | undefined
}

/** The connection, checked. */
export type Connection =
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | undefined
    }
  | {
      readonly kind: 'ssh'
      readonly host: string
      readonly port: number | undefined
      readonly user: string | undefined
    }

const defaults = { socket: '/var/run/docker.sock', tcpPort: 2375, tlsPort: 2376 }

type Entry<T> = v.OptionalSchema<v.GenericSchema<T>, undefined>

/** The options of a connection, as part of another schema. */
export const connectionEntries: { readonly host: Entry<string>; readonly tls: Entry<unknown> } = {
  host: v.optional(check.text()),
  // Looked at apart, so that an error never shows a key.
  tls: v.optional(v.unknown()),
}

/** @throws FlotillaError `invalid-options` */
export function readConnection(
  { host, tls }: { readonly host?: string | undefined; readonly tls?: unknown },
  env: Readonly<Record<string, string | undefined>>,
): Connection {
  const given = host ?? env['DOCKER_HOST']
  const field = host === undefined ? 'DOCKER_HOST' : 'host'
  if (given === undefined || given === '') return { kind: 'socket', path: defaults.socket }
  if (given.startsWith('unix://')) return { kind: 'socket', path: given.slice(7) || defaults.socket }
  if (given.startsWith('npipe://')) return { kind: 'socket', path: given.slice(8) }
  if (given.startsWith('/')) return { kind: 'socket', path: given }
  const url = readUrl(given, field)
  const port = url.port === '' ? undefined : Number(url.port)
  switch (url.protocol) {
    case 'ssh:':
      return { kind: 'ssh', host: url.hostname, port, user: url.username === '' ? undefined : url.username }
    case 'tcp:':
    case 'http:':
    case 'https:': {
      // The variables belong together: what they say of TLS is not about a host given in code.
      const fromEnv = host === undefined && (env['DOCKER_TLS_VERIFY'] ?? '') !== ''
      const files =
        (tls === undefined ? undefined : checkTls(tls)) ??
        (fromEnv ? { certPath: env['DOCKER_CERT_PATH'] ?? join(homedir(), '.docker') } : undefined)
      if (url.protocol === 'https:' && files === undefined) {
        throw invalidOption('docker', 'tls', undefined, 'given with https://')
      }
      const texts = files === undefined ? undefined : readTls(files)
      const portOrUsual = port ?? (texts === undefined ? defaults.tcpPort : defaults.tlsPort)
      return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port: portOrUsual, tls: texts }
    }
    default:
      throw invalidOption('docker', field, given, 'unix://, tcp:// or ssh://')
  }
}

/** The connection in words, for messages. */
export function describeConnection(connection: Connection): string {
  switch (connection.kind) {
    case 'socket':
      return `unix://${connection.path}`
    case 'tcp':
      return `tcp://${bracketed(connection.host)}:${connection.port}`
    case 'ssh': {
      const { user, host, port } = connection
      return `ssh://${user === undefined ? '' : `${user}@`}${bracketed(host)}${port === undefined ? '' : `:${port}`}`
    }
  }
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

function readUrl(given: string, field: string): URL {
  const expected = 'an address such as unix:///var/run/docker.sock, tcp://10.0.0.5:2376 or ssh://ops@10.0.0.5'
  const withScheme = given.includes('://') ? given : `tcp://${given}`
  // `ssh` would take a host that begins with a hyphen for an option.
  const isPlain = /^[a-z]+:\/\/(?:[\w.][\w.-]*@)?(?:[\w][\w.-]*|\[[\da-f:.%]+\])(?::\d+)?\/?$/i.test(
    withScheme,
  )
  if (!isPlain) throw invalidOption('docker', field, given, `${expected}, without a password or a path`)
  try {
    return new URL(withScheme)
  } catch {
    throw invalidOption('docker', field, given, expected)
  }
}

function checkTls(tls: unknown): TlsFiles {
  const { ca, cert, key, certPath } = (tls ?? {}) as Record<string, unknown>
  const isPem = (text: unknown): boolean => typeof text === 'string' && text.includes('-----BEGIN')
  if (typeof certPath === 'string' && certPath !== '' && ca === undefined) return { certPath }
  if (isPem(ca) && isPem(cert) && isPem(key)) return tls as TlsFiles
  throw invalidOption('docker', 'tls', typeof tls, 'the PEM texts ca, cert and key, or a certPath')
}

function readTls(files: TlsFiles): { readonly ca: string; readonly cert: string; readonly key: string } {
  if ('ca' in files) return files
  const read = (name: string): string => {
    const path = join(files.certPath, name)
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      throw invalidOption('docker', 'tls.certPath', files.certPath, `readable: ${messageOf(error)}`)
    }
  }
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
}
