import { swarmService } from '@flotilla/backend-swarm'
import { proxy } from '@flotilla/balancer-proxy'
import { chaosOptions } from '../group.js'

/**
 * @param {{ directory: string, store?: string, socket: string, port: number, max: number, intervalMs: number, isSecond?: boolean }} settings
 */
export function groupOptions(settings) {
  const { socket, port, isSecond = false } = settings
  return {
    ...chaosOptions(settings),
    group: 'chaos',
    backend: swarmService({
      engine: { host: `unix://${socket}` },
      image: 'flotilla-lab/web:1',
      command: ['/bin/sh', '-c', 'echo done > /www/health; exec httpd -f -p 8080 -h /www'],
      port: 8080,
      address: 'published',
      // The lab's kernel has no IPVS.
      endpointMode: 'dnsrr',
      graceMs: 2000,
    }),
    balancer: proxy({ port: isSecond ? 0 : port, host: '127.0.0.1' }),
  }
}
