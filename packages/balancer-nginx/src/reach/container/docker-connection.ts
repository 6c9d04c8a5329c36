import { FlotillaError } from '@flotilla/core'
import { check, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'

/**
 * Which Docker Engine, with the same options as `docker()` of `@flotilla/backend-docker`. Left out, it is the one that the
 * `docker` command would ask: DOCKER_HOST, DOCKER_CONTEXT, `docker context use`, the local socket.
 */
export interface DockerConnection {
  /** As in `DOCKER_HOST`: `unix:///var/run/docker.sock`, `tcp://10.0.0.5:2376`, `ssh://ops@10.0.0.5`. */
  readonly host?: string | undefined
  /** Name of a docker context of this user, in place of `host`. */
  readonly context?: string | undefined
  /** For `tcp://`: PEM texts, or the directory that holds them as `ca.pem`, `cert.pem` and `key.pem`. */
  readonly tls?:
    | { readonly ca: string; readonly cert?: string | undefined; readonly key?: string | undefined }
    | { readonly certPath: string }
    | undefined
}

/** The shape alone; what the files and variables it leads to say is looked at when Docker is first asked. */
export const dockerConnection = (): v.GenericSchema<DockerConnection> =>
  v.strictObject({
    host: v.optional(check.text()),
    context: v.optional(check.text()),
    // An error must never show a key.
    tls: v.optional(v.unknown()),
  }) as v.GenericSchema<DockerConnection>

/** @throws FlotillaError `invalid-options`; it never shows a key */
export function checkDocker({ host, context, tls }: DockerConnection): void {
  if (host !== undefined && !/^(?:unix:\/\/\/|(?:tcp|https?|ssh):\/\/)[^/]/.test(host)) {
    throw invalidOption('nginx', 'docker.host', host, 'a unix://, tcp:// or ssh:// address')
  }
  if (host !== undefined && context !== undefined) {
    throw invalidOption('nginx', 'docker.context', context, 'left out with host: either names the engine')
  }
  const given: unknown = tls
  if (given === undefined || isTls(given)) return
  const message =
    'nginx: docker.tls must be { ca, cert, key }, PEM texts, or { certPath }, a directory with them, got (hidden)'
  throw new FlotillaError('invalid-options', message, { field: 'docker.tls' })
}

function isTls(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  const { certPath, ca, cert, key } = given as Readonly<Record<string, unknown>>
  if (certPath !== undefined) return isText(certPath)
  const hasBoth = (cert === undefined) === (key === undefined)
  return isText(ca) && hasBoth && [cert, key].every((text) => text === undefined || isText(text))
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
