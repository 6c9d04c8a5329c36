import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import type { ConnectionUri } from '../connection-uri.js'
import { LibvirtError } from '../libvirt-error.js'
import { refused, socketTransport } from './socket.js'
import type { OpenBound, Transport } from './transport.js'

const defaultPort = 16_514

/** TLS with the client's certificate. The daemon greets with one byte once it has accepted that. */
export async function openTls(uri: ConnectionUri, bound: OpenBound): Promise<Transport> {
  const where = `${uri.host}:${uri.port ?? defaultPort} with TLS`
  const { ca, cert, key } = await readCredentials(uri)
  const socket = connect({
    host: uri.host,
    port: uri.port ?? defaultPort,
    ca,
    cert,
    key,
    rejectUnauthorized: !uri.parameters.noVerify,
    ...(isIP(uri.host) === 0 ? { servername: uri.host } : {}),
  })
  try {
    await once(socket, 'secureConnect', { signal: bound.signal })
    await readGreeting(socket, bound)
  } catch (cause) {
    socket.destroy()
    throw refused(where, cause, bound)
  }
  return socketTransport(socket)
}

/** virNetTLSSession: byte 1 says that the client's certificate was accepted; else the server closes. */
async function readGreeting(socket: TLSSocket, { signal }: OpenBound): Promise<void> {
  const ended = new AbortController()
  const noteEnd = (): void => ended.abort()
  socket.once('end', noteEnd).once('close', noteEnd)
  try {
    for (;;) {
      const greeting: unknown = socket.read(1)
      if (greeting instanceof Buffer) {
        if (greeting[0] === 1) return
        throw notAccepted(`it greeted with byte ${greeting[0]}`)
      }
      await once(socket, 'readable', { signal: AbortSignal.any([signal, ended.signal]) })
      if (socket.readableEnded) throw notAccepted('it closed the connection')
    }
  } catch (error) {
    if (ended.signal.aborted && !signal.aborted) throw notAccepted('it closed the connection', error)
    throw isTlsAlert(error) ? notAccepted(error.message, error) : error
  } finally {
    socket.off('end', noteEnd).off('close', noteEnd)
  }
}

const isTlsAlert = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_SSL')

const notAccepted = (how: string, cause?: unknown): LibvirtError =>
  new LibvirtError(`the daemon did not accept this client’s certificate: ${how}`, {
    kind: 'authentication',
    cause,
  })

interface Credentials {
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

/** `pkipath`, else the user's own `~/.pki/libvirt`, else the host's `/etc/pki`: where libvirt looks. */
async function readCredentials({ parameters: { pkiPath } }: ConnectionUri): Promise<Credentials> {
  const own = pkiPath ?? join(homedir(), '.pki/libvirt')
  const pick = (name: string, system: string): string => {
    const path = join(own, name)
    return pkiPath !== undefined || existsSync(path) ? path : system
  }
  // In turn, so that the same fault is always told in the same words.
  const ca = await readPem(pick('cacert.pem', '/etc/pki/CA/cacert.pem'))
  const cert = await readPem(pick('clientcert.pem', '/etc/pki/libvirt/clientcert.pem'))
  const key = await readPem(pick('clientkey.pem', '/etc/pki/libvirt/private/clientkey.pem'))
  return { ca, cert, key }
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new LibvirtError(
      `TLS needs ${path}, which cannot be read; pkipath= in the URI names another place`,
      {
        kind: 'authentication',
        cause,
      },
    )
  }
}
