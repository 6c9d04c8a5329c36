import { checkConnectOptions, type ConnectOptions } from './connect-options.js'
import { parseConnectionUri } from './connection-uri.js'
import { LifecycleEvents } from './events/lifecycle-events.js'
import type { LibvirtConnection } from './libvirt-connection.js'
import { connectCalls } from './procedures/connect-procedures.js'
import { domainCalls } from './procedures/domain-procedures.js'
import { guestCalls } from './procedures/guest-procedures.js'
import { networkCalls } from './procedures/network-procedures.js'
import { nodeCalls } from './procedures/node-procedures.js'
import { poolCalls } from './procedures/pool-procedures.js'
import { volumeCalls } from './procedures/volume-procedures.js'
import { Connection } from './session/connection.js'
import { downloadVolume } from './session/download.js'
import { uploadVolume } from './session/upload.js'

/**
 * A connection to a libvirt daemon, over its own wire protocol. A connection that is lost comes back by itself; what was
 * under way then rejects with a `LibvirtError` of the kind `connection`.
 *
 * @param uri - as libvirt writes them: `qemu:///system`, `qemu+ssh://user@host/system`, `qemu+tls://host/system`, …
 * @throws LibvirtError `invalid-argument`, `connection`, `timeout`, `authentication` or `libvirt`
 */
export async function connect(uri: string, options: ConnectOptions = {}): Promise<LibvirtConnection> {
  const settings = checkConnectOptions(options)
  const events = new LifecycleEvents(settings.timeoutMs)
  const connection = new Connection({
    uri: parseConnectionUri(uri),
    settings,
    onMessage: (procedure, payload) => events.onMessage(procedure, payload),
    onReconnect: (session) => events.onReconnect(session),
  })
  await connection.start(options.signal)
  const { call } = connection
  return {
    uri,
    get isConnected() {
      return connection.isUp
    },
    ...connectCalls(call),
    ...domainCalls(call),
    ...guestCalls(call),
    ...networkCalls(call, () => connection.hasCorrectNetworkUpdateOrder),
    ...poolCalls(call),
    ...volumeCalls(call),
    ...nodeCalls(call),
    async storageVolUpload(volume, content, callOptions) {
      const { session, bound } = await connection.session('storageVolUpload', callOptions)
      await uploadVolume(session, volume, content, bound)
    },
    async storageVolDownload(volume, part, callOptions) {
      const { session, bound } = await connection.session('storageVolDownload', callOptions)
      return downloadVolume(session, volume, part, bound)
    },
    lifecycleEvents: ({ signal }) => events.read(() => connection.now, signal),
    close() {
      events.close()
      return connection.close()
    },
  }
}
