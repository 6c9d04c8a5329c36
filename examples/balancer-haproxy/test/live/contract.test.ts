import { FlotillaError } from '@flotilla/core'
import { httpTraffic, testLoadBalancer } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { HaproxyBalancer } from '../../balancer.js'
import { startHaproxy } from './haproxy-server.js'

// #region kit
const drainMs = 2000

testLoadBalancer({ describe, it }, 'haproxy', {
  drainMs,
  make: async () => {
    const server = await startHaproxy()
    const { cleanup, ...traffic } = httpTraffic({ url: () => server.url })
    let updateCount = 0
    /** A command that begins so fails from now on, or once. */
    const faults = new Map<RegExp, 'once' | 'always'>()
    const balancer = new HaproxyBalancer(
      { socket: server.socket, drainMs },
      (ask) => async (command, signal) => {
        const [fault] = [...faults.keys()].filter((pattern) => pattern.test(command))
        if (fault !== undefined) {
          if (faults.get(fault) === 'once') faults.delete(fault)
          throw new FlotillaError('unavailable', 'HAProxy does not answer')
        }
        if (!command.startsWith('show')) updateCount += 1
        return ask(command, signal)
      },
    )
    return {
      ...traffic,
      balancer,
      failNextUpdate: () => void faults.set(/^(add|set)/, 'once'),
      lose: server.restart,
      breakCheck: () => void faults.set(/^show/, 'always'),
      updateCount: () => updateCount,
      cleanup: async () => {
        await cleanup()
        await server.stop()
      },
    }
  },
})
// #endregion
