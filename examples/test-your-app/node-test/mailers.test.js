// #region all
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@flotilla/core'
import { FakeClock, fakeBackend, fakeMetrics } from '@flotilla/core/testing'
import { mailers } from '../group.js'

await test('a queue that is four times as long has four times the mailers', async () => {
  const clock = new FakeClock()
  const backend = fakeBackend({ clock })
  const queue = fakeMetrics({ name: 'mail.waiting', unit: 'count', value: 20 })
  // `probe: undefined` takes the HTTP probe out: no service listens at a fake machine's address.
  const group = mailers({ backend, metrics: [queue], probe: undefined, clock, logger: silentLogger })
  await clock.runUntil(group.start())
  queue.set(80)
  await clock.advance(120_000)
  assert.equal(group.status().instances.length, 4)
  await clock.runUntil(group.stop({ terminate: true }))
  assert.deepEqual(backend.machines.show('mailers'), [])
})
// #endregion
