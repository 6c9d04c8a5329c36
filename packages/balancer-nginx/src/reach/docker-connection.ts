import * as v from 'valibot'

/** How to reach Docker Engine. */
export interface DockerConnection {
  /**
   * As in `DOCKER_HOST`: `unix:///var/run/docker.sock`, `tcp://10.0.0.5:2376`. Default: what `DOCKER_HOST` says, with
   * `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`; else the local socket.
   */
  readonly host?: string | undefined
  /** PEM texts, for `tcp://`; without them the connection is neither secret nor checked. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string } | undefined
}

/** The options of a connection, but for `tls`, which is looked at apart: an error must never show a key. */
export const dockerConnection = (): v.GenericSchema<DockerConnection> =>
  v.strictObject({
    host: v.optional(v.string('an address')),
    tls: v.optional(v.unknown()),
  }) as v.GenericSchema<DockerConnection>
