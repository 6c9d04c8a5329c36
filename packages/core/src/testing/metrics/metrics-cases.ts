import assert from 'node:assert/strict'
import type { MetricInfo, Reading, Unit } from '../../metrics/metrics.js'
import type { TrackedInstance } from '../../model.js'
import { assertCode, assertReason, outcomeOf } from '../common/assertions.js'
import { skipCase, type ContractCase } from '../common/contract-case.js'
import type { MetricsTrial } from './metrics-trial.js'

const units: ReadonlySet<Unit> = new Set<Unit>([
  'ratio',
  'bytes',
  'count',
  'per-second',
  'milliseconds',
  'seconds',
  'none',
])

/** The promises of `Metrics`, in their order. */
export const metricsCases: readonly ContractCase<MetricsTrial>[] = [
  {
    name: 'provides names each metric once, in lower-case words, with its unit',
    async prove({ metrics }) {
      assert.ok(metrics.provides.length > 0, 'a source that provides nothing is none')
      assert.notEqual(metrics.name.trim(), '', 'a source has a name')
      const names = metrics.provides.map(({ name }) => name)
      assert.equal(new Set(names).size, names.length, `a name twice: ${names.join(', ')}`)
      for (const { name, unit, of } of metrics.provides) {
        assert.match(
          name,
          /^[a-z][a-z0-9]*([._][a-z0-9]+)*$/,
          'lower-case words joined by dots and underscores',
        )
        assert.ok(units.has(unit), `${name}: no such unit: ${unit}`)
        assert.ok(
          of === 'group' || of === 'instance',
          `${name} is of the group or of each instance, not ${of}`,
        )
      }
    },
  },
  {
    name: 'sample gives one reading of the group, or one per instance it was asked about, and nothing else',
    async prove(trial) {
      const { instances } = trial
      assertWhole(trial, await trial.sample(), instances)
      assertWhole(trial, await trial.sample(instances.slice(1, 2)), instances.slice(1, 2))
    },
  },
  {
    name: 'sample about no instances still gives every reading of the group',
    async prove(trial) {
      assertWhole(trial, await trial.sample([]), [])
    },
  },
  {
    name: 'a reading is whole: its unit is the one in provides, its time epoch milliseconds, its value finite',
    async prove(trial) {
      for (const reading of await trial.sample()) {
        const info = trial.metrics.provides.find(({ name }) => name === reading.name)
        assert.equal(reading.unit, info?.unit, `the unit of ${reading.name}`)
        const now = trial.bounds.clock.now()
        assert.ok(
          Number.isFinite(reading.at) && reading.at > 1e12 && reading.at <= now + 60_000,
          `${reading.name} was taken at ${reading.at}, and now is ${now}`,
        )
        if (reading.kind === 'value') {
          assert.ok(Number.isFinite(reading.value), `${reading.name} is ${reading.value}`)
          const { windowMs = 0 } = reading
          assert.ok(Number.isFinite(windowMs) && windowMs >= 0, `${reading.name} is over ${windowMs} ms`)
        } else assert.notEqual(reading.reason.trim(), '', 'an absent reading has its reason')
      }
    },
  },
  {
    name: 'sample gives what the source holds, in the unit it says',
    async prove(trial) {
      const { known } = trial.under
      if (known === undefined) return skipCase('the kit has nothing known')
      const readings = await trial.sample()
      for (const [name, expected] of Object.entries(known)) {
        const found = readings.filter((reading) => reading.name === name)
        assert.ok(found.length > 0, `${name} was left out`)
        for (const reading of found) {
          assert.ok(reading.kind === 'value', `${name} is absent, and the source holds it`)
          const isNear = Math.abs(reading.value - expected) <= 1e-6 * Math.abs(expected)
          assert.ok(isNear, `${name} should be ${expected}, got ${reading.value}`)
        }
      }
    },
  },
  {
    name: 'what cannot be had is an absent reading with its reason, never 0 and never left out',
    async prove(trial) {
      const failOne = trial.need('failOne')
      const [first, lost] = trial.instances
      assert.ok(first !== undefined && lost !== undefined)
      const ofInstance = trial.metrics.provides.filter((info) => info.of === 'instance')
      if (ofInstance.length === 0) return skipCase('every metric is of the group')
      await failOne(lost.id)
      const readings: readonly Reading[] = await trial.sample()
      for (const info of ofInstance) {
        const ofLost: readonly Reading[] = readings.filter(
          ({ name, instanceId }) => name === info.name && instanceId === lost.id,
        )
        assert.deepEqual(
          ofLost.map(({ kind }) => kind),
          ['absent'],
          `${info.name} of ${lost.id} cannot be read`,
        )
        for (const reading of ofLost) {
          assert.ok(reading.kind === 'absent' && reading.reason.trim() !== '', 'absent, with its reason')
        }
        const other: Reading | undefined = readings.find(
          ({ name, instanceId }) => name === info.name && instanceId === first.id,
        )
        assert.equal(other?.kind, 'value', `${info.name} of ${first.id} is read all the same`)
      }
    },
  },
  {
    name: 'when nothing at all could be read it rejects, or every reading is absent',
    async prove(trial) {
      await trial.need('failAll')()
      const outcome = await trial.outcome()
      if (outcome.kind === 'rejected') return void assertCode('sample', outcome)
      assertWhole(trial, outcome.value, trial.instances)
      for (const reading of outcome.value) {
        assert.ok(reading.kind === 'absent', `${reading.name} has a value that nobody gave`)
      }
    },
  },
  {
    name: 'sample whose signal had aborted before rejects with its reason',
    async prove(trial) {
      const reason = new Error('the caller had given up')
      const sampling = outcomeOf(trial.start(AbortSignal.abort(reason)))
      assertReason('sample', await trial.bounds.within('sample', sampling, trial.bounds.abortMs), reason)
    },
  },
  {
    name: "sample that aborts at any moment gives its readings or rejects with the signal's reason",
    async prove(trial) {
      for (const momentMs of [0, 1, 5, 20]) {
        const reason = new Error(`the caller gave up after ${momentMs} ms`)
        const controller = new AbortController()
        const sampling = outcomeOf(trial.start(controller.signal))
        if (momentMs > 0) await trial.bounds.clock.sleep(momentMs)
        controller.abort(reason)
        const outcome = await trial.bounds.within('sample', sampling, trial.bounds.abortMs)
        if (outcome.kind === 'rejected') assertReason('sample', outcome, reason)
      }
    },
  },
  {
    name: "sample of a source that does not answer rejects with the signal's reason",
    async prove(trial) {
      await trial.need('hang')()
      const reason = new Error('the caller gave up')
      const controller = new AbortController()
      const sampling = outcomeOf(trial.start(controller.signal))
      await trial.bounds.clock.sleep(20)
      controller.abort(reason)
      assertReason('sample', await trial.bounds.within('sample', sampling, trial.bounds.abortMs), reason)
    },
  },
  {
    name: 'close may be called twice, at once and later',
    async prove({ metrics, bounds }) {
      if (metrics.close === undefined) return skipCase('the source has no close')
      await bounds.within('close', Promise.all([metrics.close(), metrics.close()]))
      await bounds.within('close', metrics.close())
    },
  },
]

/** Each metric once: of the group, or of every instance asked about. */
function assertWhole(
  { metrics }: MetricsTrial,
  readings: readonly Reading[],
  instances: readonly TrackedInstance[],
): void {
  const expected = metrics.provides.flatMap((info) => keysOf(info, instances))
  const given = readings.map(({ name, instanceId }) => keyOf(name, instanceId))
  assert.deepEqual(given.toSorted(), expected.toSorted())
}

function keysOf({ name, of }: MetricInfo, instances: readonly TrackedInstance[]): readonly string[] {
  return of === 'group' ? [keyOf(name, undefined)] : instances.map(({ id }) => keyOf(name, id))
}

function keyOf(name: string, instanceId: string | undefined): string {
  return `${name} of ${instanceId ?? 'the group'}`
}
