import type { ConnectionUri } from '../connection-uri.js'
import { openSocket } from './socket.js'
import { socketPath } from './socket-path.js'
import { openSsh, type RemoteHelper } from './ssh.js'
import { openTls } from './tls.js'
import type { OpenBound, Transport } from './transport.js'

export interface TransportWish {
  readonly uri: ConnectionUri
  readonly readOnly: boolean
  readonly helper: RemoteHelper
}

const defaultTcpPort = 16_509

export async function openTransport(
  { uri, readOnly, helper }: TransportWish,
  bound: OpenBound,
): Promise<Transport> {
  switch (uri.transport) {
    case 'unix': {
      const path = socketPath(uri, readOnly)
      return openSocket({ path }, path, bound)
    }
    case 'tcp': {
      const port = uri.port ?? defaultTcpPort
      return openSocket({ host: uri.host, port }, `${uri.host}:${port}`, bound)
    }
    case 'tls':
      return openTls(uri, bound)
    case 'ssh':
      return openSsh(uri, helper, readOnly)
  }
}
