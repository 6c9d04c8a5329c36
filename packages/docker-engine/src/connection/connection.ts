/** PEM texts of a TLS connection: what the engine is checked against, and what it checks us by. */
export interface TlsTexts {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** A way to an engine. */
export type Connection =
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      /** Without it the connection is neither secret nor checked. */
      readonly tls: TlsTexts | undefined
    }
  | {
      readonly kind: 'ssh'
      readonly host: string
      readonly port: number | undefined
      readonly user: string | undefined
    }

/** The connection in words, without secrets: `unix:///var/run/docker.sock`. */
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
