import type { Hypervisor } from '../hypervisor.js'
import { LibvirtError, connectionClosed } from '../libvirt-error.js'
import { domainCommands } from './domain-commands.js'
import { domainReadings } from './domain-readings.js'
import { networkCommands } from './network-commands.js'
import { nodeCommands } from './node-commands.js'
import { poolCommands } from './pool-commands.js'
import { runVirsh, type RunVirsh } from './run-virsh.js'
import { cannot } from './virsh-error.js'
import { checkVirshOptions, type VirshOptions } from './virsh-options.js'
import { volumeCommands } from './volume-commands.js'

/**
 * A hypervisor by way of the `virsh` program, one child process a call: slower by far than `connect`, without events,
 * and with error codes only where virsh's words are certain. For what `connect` does not speak: SASL, Kerberos.
 *
 * The URI goes to virsh as it is, so everything that virsh reaches works. Nothing is run before the first call.
 *
 * @throws LibvirtError `invalid-argument`
 */
export function virsh(uri: string, options: VirshOptions = {}): Hypervisor {
  if (!URL.canParse(uri)) throw new LibvirtError('this is not a URI', { kind: 'invalid-argument' })
  const runNow = runVirsh(uri, checkVirshOptions(options))
  const closing = new AbortController()
  const run: RunVirsh = async (command, callOptions = {}) => {
    const { signal } = callOptions
    const either = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
    return runNow(command, { ...callOptions, signal: either })
  }
  return {
    uri,
    ...domainCommands(run),
    ...domainReadings(run),
    ...networkCommands(run),
    ...poolCommands(run),
    ...volumeCommands(run),
    ...nodeCommands(run),
    lifecycleEvents: () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(cannot('lifecycle events')) }),
    }),
    close() {
      closing.abort(connectionClosed())
      return Promise.resolve()
    },
  }
}
