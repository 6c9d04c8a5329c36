import { execFileSync, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { startDaemon } from '../../labs/docker/daemon.js'
import { served, withGroup } from './docker-fault-group.js'
import { containersOf } from './docker-group.js'
import { node } from './docker-lab.js'
import { until } from './until.js'

export const engineStopped = () =>
  withGroup(async (group, front) => {
    void group.web.setDesired(5)
    await sleep(400)
    const pid = Number(execFileSync('cat', [node.pidFile], { encoding: 'utf8' }))
    process.kill(pid, 'SIGTERM')
    await until(() => spawnSync('kill', ['-0', String(pid)]).status !== 0, 60_000)
    await sleep(3000)
    const { desired } = group.web.status()
    await startDaemon(node, { signal: AbortSignal.timeout(60_000), log: console.log })
    const startMs = performance.now()
    await until(() => group.inService() === 5 && group.web.status().instances.length === 5, 90_000)
    const tookMs = performance.now() - startMs
    const found = (await containersOf('faults')).length
    if (found !== 5) throw new Error(`${found} containers where 5 are wanted`)
    await served(front)
    return `desired stayed ${desired}; all 5 back ${(tookMs / 1000).toFixed(1)} s after it answered; it ends its containers itself`
  })
