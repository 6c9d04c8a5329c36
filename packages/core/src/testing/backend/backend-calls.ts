import assert from 'node:assert/strict'
import type { Backend, BatchReport } from '../../backend.js'
import type { Reading } from '../../metrics/metrics.js'
import type { Instance } from '../../model.js'
import type { Outcome } from '../common/assertions.js'
import type { BackendCall } from './backend-kit.js'
import type { BackendTrial } from './backend-trial.js'

/** One call of a backend, on a machine of the trial's group. */
export interface StartedCall {
  readonly instance: Instance
  readonly signal?: AbortSignal | undefined
  readonly backend?: Backend | undefined
}

/** Every call that takes a signal, so that a promise about each of them is a case for each. */
export const backendCalls: readonly BackendCall[] = ['list', 'launch', 'terminate', 'usage']

/** Begins one call, unbounded. A `usage` that the backend does not have skips the case. */
export async function startCall(
  trial: BackendTrial,
  call: BackendCall,
  { instance, backend = trial.backend, signal = new AbortController().signal }: StartedCall,
): Promise<unknown> {
  switch (call) {
    case 'list':
      return backend.list(trial.group, { signal })
    case 'launch':
      return trial.startLaunch({ backend, signal })
    case 'terminate':
      return backend.terminate(trial.group, [instance.id], { signal })
    case 'usage':
      return trial.startUsage([instance], { backend, signal })
  }
}

/**
 * The errors of a call that must have failed: its rejection, or what a batch says of each machine. None when `usage`
 * said it by absent readings, which carry no error.
 */
export function failuresOf(call: BackendCall, outcome: Outcome<unknown>): readonly unknown[] {
  if (outcome.kind === 'rejected') return [outcome.error]
  switch (call) {
    case 'list':
    case 'launch':
      return assert.fail(`${call} should reject, but resolved`)
    case 'terminate': {
      const { done, failed } = outcome.value as BatchReport
      assert.deepEqual(done, [], 'terminate reported done what failed')
      assert.equal(failed.length, 1, 'terminate should reject, or report the machine as failed')
      return failed.map(({ error }) => error)
    }
    case 'usage': {
      const kinds = (outcome.value as readonly Reading[]).map(({ kind }) => kind)
      assert.deepEqual(new Set(kinds), new Set(['absent']), 'usage should reject, or give absent readings')
      return []
    }
  }
}
