import { openstack } from '@flotilla/backend-openstack'
import { chaosOptions } from '../group.js'

/**
 * Servers that are not there, with a port and a floating address of their own: they have no front and no probe.
 *
 * @param {{ directory: string, store?: string, scope: string, cloud: string, max: number, intervalMs: number }} settings
 */
export function groupOptions(settings) {
  return {
    ...chaosOptions(settings),
    probe: undefined,
    group: 'chaos',
    backend: openstack({
      cloud: { cloud: settings.cloud, timeoutMs: 20_000 },
      scope: settings.scope,
      image: 'fake-image',
      flavor: 'm1.tiny',
      networks: [{ network: 'lab-net', securityGroups: ['default'] }],
      floatingIpFrom: 'public',
      pauseMs: 3000,
      buildTimeoutMs: 60_000,
      orphanAfterMs: 60_000,
    }),
  }
}
