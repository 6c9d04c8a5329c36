import type { Clock } from '../../clock.js'
import { withDeadline } from '../../async/deadline.js'
import type { FlotillaError } from '../../errors.js'

/**
 * What can go wrong with any call.
 *
 * - `slow`: takes this much longer; obeys its signal
 * - `stall`: no answer ever comes; the call obeys its signal and ends with `timeout` at its own bound
 * - `hang`: the call never settles and ignores its signal, against the contract
 * - `fail`: fails before anything is done
 * - `throw`: rejects with anything at all, against the contract: a string, undefined
 */
export type CallFault =
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'stall' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'fail'; readonly error: FlotillaError }
  | { readonly kind: 'throw'; readonly value: unknown }

/** A fault for every call as long as it stands, or a function that says for each call. */
export type Fault<TFault, TCall> = TFault | ((call: TCall) => TFault | undefined)

/** A fault for the next call only, or the next few. */
export function once<TFault>(fault: TFault, times = 1): (call: unknown) => TFault | undefined {
  let leftCount = times
  return () => {
    leftCount -= 1
    return leftCount >= 0 ? fault : undefined
  }
}

/** The fault that this call meets, if any. */
export function faultOf<TFault extends { readonly kind: string }, TCall>(
  fault: Fault<TFault, TCall> | undefined,
  call: TCall,
): TFault | undefined {
  return typeof fault === 'function' ? fault(call) : fault
}

/** What a call is bounded by while it meets its fault. */
export interface FaultContext {
  /** What is attempted, for the error: `fake launch`. */
  readonly what: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** Meets a fault that any call may have; returns at once for one that only some calls have. */
export async function meetFault(
  fault: { readonly kind: string } | undefined,
  { what, clock, signal, timeoutMs }: FaultContext,
): Promise<void> {
  if (fault === undefined || !isCallFault(fault)) return
  switch (fault.kind) {
    case 'slow':
      return clock.sleep(fault.ms, { signal })
    case 'stall':
      return withDeadline(never, { clock, timeoutMs, what, signal })
    case 'hang':
      return never()
    case 'fail':
      throw fault.error
    case 'throw':
      throw fault.value
  }
}

function never(): Promise<never> {
  return new Promise(() => {})
}

const callFaultKinds: ReadonlySet<string> = new Set<CallFault['kind']>([
  'slow',
  'stall',
  'hang',
  'fail',
  'throw',
])

function isCallFault(fault: { readonly kind: string }): fault is CallFault {
  return callFaultKinds.has(fault.kind)
}
