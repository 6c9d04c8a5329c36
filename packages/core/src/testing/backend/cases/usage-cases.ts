import assert from 'node:assert/strict'
import type { Reading } from '../../../metrics/metrics.js'
import type { Instance } from '../../../model.js'
import type { ContractCase } from '../../common/contract-case.js'
import type { BackendTrial } from '../backend-trial.js'

const unitOf = { cpu: 'ratio', memory: 'bytes' } as const
type Name = keyof typeof unitOf
const names: readonly Name[] = ['cpu', 'memory']

/** `supports`, and what `usage` promises. */
export const usageCases: readonly ContractCase<BackendTrial>[] = [
  {
    name: 'usage and watch are there exactly when supports says so',
    async prove({ backend }) {
      assert.equal(typeof backend.usage === 'function', backend.supports.usage, 'supports.usage')
      assert.equal(typeof backend.watch === 'function', backend.supports.watch, 'supports.watch')
    },
  },
  {
    name: 'usage gives cpu as a ratio and memory in bytes, one of each for every instance',
    async prove(trial) {
      trial.needCall('usage')
      const instances = await trial.launchMany(2)
      for (const { id } of instances) await trial.running(id)
      await trial.bounds.eventually('usage to be read', async () => {
        const readings = await trial.usage(instances)
        assertWhole(readings, instances)
        for (const reading of readings.filter(({ name }) => names.some((known) => known === name))) {
          assert.ok(
            reading.kind === 'value',
            `${reading.name} of ${reading.instanceId} should come to be read`,
          )
          assert.ok(
            Number.isFinite(reading.value) && reading.value >= 0,
            `${reading.name} of ${reading.instanceId} is ${reading.value}`,
          )
        }
      })
    },
  },
  {
    name: 'usage gives what the instance uses: a cpu ratio of its own limit, and memory in bytes',
    async prove(trial) {
      trial.needCall('usage')
      const setUsage = trial.need('setUsage')
      const instance = await trial.running((await trial.launch()).id)
      const known = { cpuRatio: 0.42, memoryBytes: 123 * 2 ** 20 }
      await setUsage(instance.id, known)
      await trial.bounds.eventually('usage to be read', async () => {
        const readings = await trial.usage([instance])
        assertNear('cpu', only(readings, 'cpu', instance.id), known.cpuRatio)
        assertNear('memory', only(readings, 'memory', instance.id), known.memoryBytes)
      })
    },
  },
  {
    name: 'usage is taken now',
    async prove(trial) {
      trial.needCall('usage')
      const instance = await trial.running((await trial.launch()).id)
      const { clock, eventuallyMs } = trial.bounds
      const before = clock.now()
      for (const { name, at } of await trial.usage([instance])) {
        const ageMs = Math.abs(at - before)
        assert.ok(ageMs <= eventuallyMs, `${name} was taken at ${at}, and now is ${before}`)
      }
    },
  },
  {
    name: 'an instance that cannot be read gets an absent reading with its reason, and the others are read',
    async prove(trial) {
      trial.needCall('usage')
      trial.needChoice()
      const [gone, alive] = await trial.launchMany(2)
      assert.ok(gone !== undefined && alive !== undefined)
      await trial.running(alive.id)
      await trial.terminate([gone.id])
      await trial.bounds.eventually('usage to be read', async () => {
        const readings = await trial.usage([gone, alive])
        assertWhole(readings, [gone, alive])
        for (const name of names) {
          const ofGone = only(readings, name, gone.id)
          assert.equal(ofGone.kind, 'absent', `${name} of a machine that is gone is absent, never a number`)
          assert.equal(only(readings, name, alive.id).kind, 'value', `${name} of the other is read`)
        }
      })
    },
  },
  {
    name: 'usage of no instance is no reading',
    async prove(trial) {
      trial.needCall('usage')
      await trial.launch()
      assert.deepEqual(await trial.usage([]), [])
    },
  },
  {
    name: 'usage of instances found after a restart is read too',
    async prove(trial) {
      trial.needCall('usage')
      const { id } = await trial.launch()
      const backend = await trial.reopen()
      const instance = await trial.running(id, { backend })
      await trial.bounds.eventually('usage to be read', async () => {
        const readings = await trial.bounds.within('usage', trial.startUsage([instance], { backend }))
        assert.equal(only(readings, 'cpu', id).kind, 'value')
        assert.equal(only(readings, 'memory', id).kind, 'value')
      })
    },
  },
]

/** One reading of cpu and of memory for each, in the right unit; further names are the backend's own affair. */
function assertWhole(readings: readonly Reading[], instances: readonly Instance[]): void {
  for (const { id } of instances) {
    for (const name of names) only(readings, name, id)
  }
  for (const { name, instanceId } of readings) {
    assert.ok(
      instances.some(({ id }) => id === instanceId),
      `${name} of ${instanceId} was not asked for`,
    )
  }
}

function only(readings: readonly Reading[], name: Name, instanceId: string): Reading {
  const found = readings.filter((reading) => reading.name === name && reading.instanceId === instanceId)
  const [reading] = found
  assert.ok(reading !== undefined, `${name} of ${instanceId} was left out`)
  assert.equal(found.length, 1, `${name} of ${instanceId} was given ${found.length} times`)
  assert.equal(reading.unit, unitOf[name], `the unit of ${name}`)
  assert.ok(Number.isFinite(reading.at), `${name} of ${instanceId} has no time`)
  if (reading.kind === 'absent')
    assert.notEqual(reading.reason.trim(), '', 'an absent reading has its reason')
  return reading
}

function assertNear(name: Name, reading: Reading, expected: number): void {
  assert.ok(reading.kind === 'value', `${name} should come to be read`)
  const isNear = Math.abs(reading.value - expected) <= 0.1 * expected
  assert.ok(isNear, `${name} should be about ${expected}, got ${reading.value}`)
}
