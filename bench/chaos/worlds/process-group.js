import { fileURLToPath } from 'node:url'
import { processes } from '@flotilla/backend-process'
import { proxy } from '@flotilla/balancer-proxy'
import { chaosOptions } from '../group.js'

/**
 * @param {{ directory: string, stateDir: string, store?: string, marker: string, port: number, max: number, intervalMs: number, isSecond?: boolean }} settings
 */
export function groupOptions(settings) {
  const { stateDir, marker, port, isSecond = false } = settings
  const worker = fileURLToPath(new URL('process-worker.js', import.meta.url))
  return {
    ...chaosOptions(settings),
    group: 'chaos',
    backend: processes({
      command: ['node', worker, marker],
      stateDir,
      graceMs: 2000,
      portRange: [21_000, 21_499],
    }),
    balancer: proxy({ port: isSecond ? 0 : port, host: '127.0.0.1' }),
  }
}
