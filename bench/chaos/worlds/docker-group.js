import { docker } from '@flotilla/backend-docker'
import { nginx } from '@flotilla/balancer-nginx'
import { chaosOptions } from '../group.js'

/** Small and quick to start; it answers /health as well. */
export const webImage = 'flotilla-lab/web:1'
const webCommand = ['/bin/sh', '-c', 'echo done > /www/health; exec httpd -f -p 8080 -h /www']

/**
 * @param {{ directory: string, store?: string, socket: string, network: string, container: string, upstream: string, listen: number, max: number, intervalMs: number }} settings
 */
export function groupOptions(settings) {
  const { socket, network, container, upstream, listen } = settings
  const engine = { host: `unix://${socket}` }
  return {
    ...chaosOptions(settings),
    group: 'chaos',
    backend: docker({
      engine,
      image: webImage,
      command: webCommand,
      port: 8080,
      network,
      graceMs: 2000,
      pull: 'never',
    }),
    balancer: nginx({ container, docker: engine, upstream, listen }),
  }
}
