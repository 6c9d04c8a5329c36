import assert from 'node:assert/strict'
import { assertFlotillaError, assertReason, outcomeOf, type Outcome } from '../../common/assertions.js'
import type { ContractCase } from '../../common/contract-case.js'
import { backendCalls, failuresOf, startCall } from '../backend-calls.js'
import type { BackendTrial } from '../backend-trial.js'

/** When, after a call began, its signal aborts. */
const momentsMs: readonly number[] = [0, 1, 5, 20]
/** Long enough for a call to have reached the vendor, and shorter than its own bound. */
const unansweredMs = 100

/** Promise 5, and what promise 3 says of a launch that is aborted. */
export const abortCases: readonly ContractCase<BackendTrial>[] = [
  ...backendCalls.flatMap((call): readonly ContractCase<BackendTrial>[] => [
    {
      name: `${call} rejects with the signal's reason when that aborted before, and does nothing`,
      async prove(trial) {
        trial.needCall(call)
        const instance = await trial.launch()
        const reason = new Error('the caller had given up')
        const started = outcomeOf(startCall(trial, call, { instance, signal: AbortSignal.abort(reason) }))
        assertReason(call, await trial.bounds.within(call, started, trial.bounds.abortMs), reason)
        assert.deepEqual(await trial.listIds(), [instance.id])
      },
    },
    {
      name: `${call} that aborts at any moment gives its result or rejects with the signal's reason`,
      async prove(trial) {
        trial.needCall(call)
        for (const momentMs of momentsMs) {
          const instance = await trial.launch()
          const reason = new Error(`the caller gave up after ${momentMs} ms`)
          const outcome = await abortAfter(trial, momentMs, reason, async (signal) =>
            startCall(trial, call, { instance, signal }),
          )
          if (outcome.kind === 'rejected') assertReason(call, outcome, reason)
        }
      },
    },
    {
      name: `${call} that the vendor does not answer rejects with the signal's reason`,
      async prove(trial) {
        trial.needCall(call)
        const instance = await trial.launch()
        await trial.need('hangNext')(call)
        const reason = new Error('the caller gave up')
        const outcome = await abortAfter(trial, unansweredMs, reason, async (signal) =>
          startCall(trial, call, { instance, signal }),
        )
        assertReason(call, outcome, reason)
        await trial.assertNothingLeft()
      },
    },
    {
      name: `${call} that the vendor does not answer ends within its own bound, with timeout`,
      async prove(trial) {
        trial.needCall(call)
        const instance = await trial.launch()
        await trial.need('hangNext')(call)
        const outcome = await trial.bounds.within(call, outcomeOf(startCall(trial, call, { instance })))
        for (const error of failuresOf(call, outcome)) assertFlotillaError(call, error, 'timeout')
        await trial.assertNothingLeft()
      },
    },
  ]),
  {
    name: 'a launch that is aborted half way leaves nothing behind that list does not show',
    async prove(trial) {
      for (const momentMs of momentsMs) {
        const reason = new Error(`the caller gave up after ${momentMs} ms`)
        const outcome = await abortAfter(trial, momentMs, reason, async (signal) =>
          trial.startLaunch({ signal }),
        )
        if (outcome.kind === 'rejected') assertReason('launch', outcome, reason)
      }
      await trial.assertNothingLeft()
    },
  },
]

async function abortAfter(
  trial: BackendTrial,
  momentMs: number,
  reason: unknown,
  start: (signal: AbortSignal) => Promise<unknown>,
): Promise<Outcome<unknown>> {
  const controller = new AbortController()
  const started = outcomeOf(start(controller.signal))
  if (momentMs > 0) await trial.bounds.clock.sleep(momentMs)
  controller.abort(reason)
  return trial.bounds.within('a call after its abort', started, trial.bounds.abortMs)
}
