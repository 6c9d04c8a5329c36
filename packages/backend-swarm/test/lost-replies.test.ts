import { FakeClock } from '@flotilla/core/testing'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readReplicas, readTokens } from '../src/labels.js'
import type { SwarmApi } from '../src/manager/swarm-api.js'
import type { CallFault } from '../../docker-engine/test/fakes/fake-calls.js'
import { dockerError } from '../../docker-engine/test/fakes/fake-errors.js'
import { call, fakeNodes, fakeSwarmBackend } from './swarm-kit.js'
import { propertyRuns } from '../../../scripts/lib/property-runs.js'

describe('whatever is asked at whatever moment, and whatever reply is lost', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('launch' as const), token: fc.nat(4) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('terminate' as const), token: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), token: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(1500) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('fault' as const),
        call: fc.constantFrom<keyof SwarmApi>(
          'createService',
          'updateService',
          'inspectService',
          'listTasks',
          'removeService',
        ),
        fault: fc.constantFrom<CallFault>(
          { kind: 'lose-reply' },
          { kind: 'hang' },
          { kind: 'hang-after' },
          {
            kind: 'fail',
            error: dockerError(500, 'rpc error: code = Unknown desc = update out of sequence'),
          },
        ),
      }),
    },
  )

  it('ends with one replica for each token that was asked for, and with no service once they are terminated', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const clock = new FakeClock()
        const nodes = fakeNodes(async () => clock.sleep(3), clock)
        const open = () =>
          fakeSwarmBackend(nodes, { clock, timeoutMs: 500, listMaxAgeMs: 0, withNodes: false })
        let backend = open()
        const under: Promise<unknown>[] = []
        for (const one of steps) {
          switch (one.kind) {
            case 'launch':
              under.push(backend.launch({ group: 'web', token: `t${one.token}` }, call).catch(() => {}))
              break
            case 'terminate':
              under.push(backend.terminate('web', [`web.t${one.token}`], call).catch(() => {}))
              break
            case 'crash': {
              const tasks = nodes.swarm.services.size === 0 ? [] : nodes.swarm.tasksOf('web')
              const { containerId, host, state } = tasks[one.token] ?? {}
              const engine = host === 'alpha' ? nodes.engines.alpha : nodes.engines.beta
              if (
                state === 'running' &&
                containerId !== undefined &&
                engine.containers.get(containerId)?.isRunning === true
              )
                engine.crash(containerId, 1)
              break
            }
            case 'restart':
              backend = open()
              break
            case 'wait':
              await clock.advance(one.ms)
              break
            case 'fault':
              nodes.swarm.calls.arm(one.call, one.fault)
              break
          }
        }
        await clock.runUntil(Promise.all(under), { stepMs: 50 })
        nodes.swarm.calls.clearFaults()
        const after = open()
        for (const { Spec } of nodes.swarm.services.values()) {
          expect(readReplicas(Spec)).toBe(readTokens(Spec).length)
        }
        for (const token of ['t0', 't1', 't2']) {
          const first = await clock.runUntil(after.launch({ group: 'web', token }, call))
          expect((await clock.runUntil(after.launch({ group: 'web', token }, call))).id).toBe(first.id)
        }
        const listed = await clock.runUntil(after.list('web', call))
        expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length)
        expect(listed.length).toBe(readReplicas(nodes.swarm.byName('web').Spec))
        const { failed } = await clock.runUntil(
          after.terminate(
            'web',
            listed.map(({ id }) => id),
            call,
          ),
        )
        expect(failed).toEqual([])
        expect(nodes.swarm.services.size).toBe(0)
      }),
      { numRuns: propertyRuns(50) },
    )
  }, 60_000)
})
