import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend, Instance } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaultyProxy } from '../../../docker-engine/test/live/faulty-proxy.js'
import { swarmNodes } from '../../../docker-engine/test/live/lab.js'
import { uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { only } from '../../../docker-engine/test/live/socket-rights.js'
import { RawSwarm, liveSwarm } from './swarm-kit.js'

/** Behind a proxy at the manager, and one at each node, that let a part of the engine's API through. */

const call = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(120_000) })
const swarm = new RawSwarm()
const nodes = swarmNodes()
let scope = ''
let group = ''
let backend: Backend
let manager: FaultyProxy
let ofNodes: readonly FaultyProxy[] = []

beforeEach(async () => {
  await swarm.untilReady()
  scope = uniqueScope()
  group = `g-${scope}`
  manager = await FaultyProxy.open(nodes[0]?.socket ?? '')
  ofNodes = await Promise.all(nodes.map(async ({ socket }) => FaultyProxy.open(socket)))
  const engineOf = (proxy: FaultyProxy | undefined): { host: string; timeoutMs: number } => ({
    host: `unix://${proxy?.socketPath}`,
    timeoutMs: 20_000,
  })
  backend = liveSwarm(scope, {
    engine: engineOf(manager),
    nodes: Object.fromEntries(nodes.map(({ host }, index) => [host, engineOf(ofNodes[index])])),
  })
})

afterEach(async () => {
  await backend.close()
  await swarm.removeAndWait(scope)
  for (const proxy of [manager, ...ofNodes]) await proxy.close()
})

async function running(count: number): Promise<readonly Instance[]> {
  for (let tries = 0; ; tries += 1) {
    const listed = await backend.list(group, call())
    if (listed.length === count && listed.every(({ status }) => status === 'running')) return listed
    if (tries > 300) throw new Error(`not ${count} run: ${JSON.stringify(listed)}`)
    await sleep(200)
  }
}

describe('with the rights', () => {
  it('SERVICES, TASKS, NODES and POST at the manager, and CONTAINERS at the nodes, all is done', async () => {
    manager.allows = only('SERVICES', 'TASKS', 'NODES', 'POST')
    for (const proxy of ofNodes) proxy.allows = only('CONTAINERS')
    await Promise.all(['a', 'b'].map(async (token) => backend.launch({ group, token }, call())))
    const listed = await running(2)
    await backend.usage?.(listed, call())
    await sleep(1500)
    const readings = (await backend.usage?.(listed, call())) ?? []
    expect(readings.filter(({ kind }) => kind === 'value')).toHaveLength(6)
    const [first] = listed
    if (first !== undefined) await backend.lastOutput?.(first, call())
    const ids = listed.map(({ id }) => id)
    expect(await backend.terminate(group, ids, call())).toMatchObject({ failed: [] })
    expect(await backend.endGroup?.(group, call())).toEqual({ done: [], failed: [] })
    expect(await swarm.services(scope)).toEqual([])
  })

  it('but not POST, it lists and changes nothing', async () => {
    manager.allows = only('SERVICES', 'TASKS', 'NODES')
    expect(await backend.list(group, call())).toEqual([])
    const launched = backend.launch({ group, token: 'a' }, call())
    await expect(launched).rejects.toMatchObject({ code: 'permission-denied' })
  })
})
