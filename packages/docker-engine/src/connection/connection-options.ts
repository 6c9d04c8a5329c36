import { check } from '@flotilla/core/authoring'
import * as v from 'valibot'

/**
 * Where the engine is. Without `host` and `context` it is the one that the `docker` command would ask: `DOCKER_HOST` with
 * `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`, else the context that `DOCKER_CONTEXT` names, else that of
 * `docker context use`, else `unix:///var/run/docker.sock`.
 */
export interface ConnectionOptions {
  /** As in `DOCKER_HOST`: `unix:///var/run/docker.sock`, `tcp://10.0.0.5:2376`, `ssh://ops@10.0.0.5`. */
  readonly host?: string | undefined
  /** Name of a docker context of this user, in place of `host`. */
  readonly context?: string | undefined
  /** For `tcp://`; without it the connection is neither secret nor checked. A context brings its own. */
  readonly tls?: TlsFiles | undefined
}

/**
 * PEM texts, or the directory that holds them as `ca.pem`, `cert.pem` and `key.pem`: `ca` is what the engine is checked
 * against, `cert` and `key` together are what it asks for.
 */
export type TlsFiles =
  | { readonly ca: string; readonly cert?: string | undefined; readonly key?: string | undefined }
  | { readonly certPath: string }

type Entry<T> = v.OptionalSchema<v.GenericSchema<T>, undefined>

/** The options of a connection, as part of another schema. What they say is looked at by `findEngine`. */
export const connectionEntries: {
  readonly host: Entry<string>
  readonly context: Entry<string>
  readonly tls: Entry<TlsFiles>
} = {
  host: v.optional(check.text()),
  context: v.optional(check.text()),
  // Looked at apart, so that an error never shows a key.
  tls: v.optional(v.custom<TlsFiles>(() => true)),
}
