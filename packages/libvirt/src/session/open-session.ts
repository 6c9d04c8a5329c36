import type { ConnectSettings } from '../connect-options.js'
import type { ConnectionUri } from '../connection-uri.js'
import { LibvirtError } from '../libvirt-error.js'
import { connectOpen, connectReadOnly, feature, supportsFeature } from '../procedures/handshake-procedures.js'
import { openTransport } from '../transports/open-transport.js'
import type { RemoteHelper } from '../transports/ssh.js'
import { authenticate } from './authenticate.js'
import { callProcedure } from './call-procedure.js'
import { Session, type SessionOptions } from './session.js'

export interface SessionWish extends Omit<SessionOptions, 'transport'> {
  readonly uri: ConnectionUri
  readonly settings: ConnectSettings
  readonly helper: RemoteHelper
  readonly signal: AbortSignal
}

/** A session on which the hypervisor is open, and what its daemon can do. */
export interface OpenSession {
  readonly session: Session
  readonly hasCorrectNetworkUpdateOrder: boolean
  readonly helper: RemoteHelper
}

/** Connects, authenticates, opens the hypervisor. Leaves nothing open where any of it fails. */
export async function openSession(wish: SessionWish): Promise<OpenSession> {
  const { proxy = 'auto', socket, mode = 'auto' } = wish.uri.parameters
  // libvirt's helper takes none of its own for these: another daemon could be reached than the one that is meant.
  const isNamed = wish.uri.transport === 'ssh' && (socket !== undefined || mode !== 'auto')
  if (proxy === 'netcat' || isNamed) return withBound({ ...wish, helper: 'netcat' })
  try {
    return await withBound(wish)
  } catch (error) {
    if (proxy === 'native' || wish.helper === 'netcat' || !isHelperMissing(wish.uri, error)) throw error
    return withBound({ ...wish, helper: 'netcat' })
  }
}

/** A shell's exit code for a command that it does not find. */
const isHelperMissing = (uri: ConnectionUri, error: unknown): boolean =>
  uri.transport === 'ssh' && error instanceof LibvirtError && error.message.includes('exit code 127')

async function withBound(wish: SessionWish): Promise<OpenSession> {
  const { signal } = wish
  const { connectTimeoutMs } = wish.settings
  signal.throwIfAborted()
  const bound = new AbortController()
  const onAbort = (): void => bound.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(() => {
    const message = `connect to ${wish.uri.text}: not done within ${connectTimeoutMs} ms`
    bound.abort(new LibvirtError(message, { kind: 'timeout' }))
  }, connectTimeoutMs)
  try {
    return await attempt(wish, bound.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

async function attempt(wish: SessionWish, signal: AbortSignal): Promise<OpenSession> {
  const { uri, settings, helper } = wish
  const bound = { signal, timeoutMs: settings.connectTimeoutMs * 2 }
  const transport = await openTransport({ uri, readOnly: settings.readOnly, helper }, { signal })
  const session = new Session({ transport, onMessage: wish.onMessage, onEnd: wish.onEnd })
  try {
    await authenticate(session, bound)
    await callProcedure(session, connectOpen, [uri.name, settings.readOnly ? connectReadOnly : 0], bound)
    const [keepAlive, hasCorrectNetworkUpdateOrder] = await Promise.all([
      callProcedure(session, supportsFeature, [feature.keepAlive], bound),
      callProcedure(session, supportsFeature, [feature.networkUpdateHasCorrectOrder], bound),
    ])
    if (keepAlive) session.startKeepAlive(settings.keepAliveIntervalMs, settings.keepAliveCount)
    return { session, hasCorrectNetworkUpdateOrder, helper }
  } catch (error) {
    session.end(new LibvirtError('the connection was not made', { kind: 'connection', cause: error }))
    // Told apart from a connection that was lost later, and with its place.
    if (!(error instanceof LibvirtError) || error.kind !== 'connection') throw error
    throw new LibvirtError(`connect to ${uri.text}: ${error.message}`, { kind: 'connection', cause: error })
  }
}
