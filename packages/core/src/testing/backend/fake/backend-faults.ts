import type { LaunchRequest } from '../../../backend.js'
import type { FlotillaError } from '../../../errors.js'
import type { Instance } from '../../../model.js'
import type { CallFault, Fault } from '../../common/call-faults.js'

/**
 * - `lose-reply`: makes the machine, then rejects; default `timeout`
 * - `fail-half-way`: makes the disk, takes it away, rejects; default `launch-failed`
 * - `vanish`: makes the machine, which is gone after this time
 * - `duplicate`: makes two machines of one token, against the contract; returns the first
 */
export type LaunchFault =
  | CallFault
  | { readonly kind: 'lose-reply'; readonly error?: FlotillaError | undefined }
  | { readonly kind: 'fail-half-way'; readonly error?: FlotillaError | undefined }
  | { readonly kind: 'vanish'; readonly afterMs: number }
  | { readonly kind: 'duplicate' }

/**
 * - `partial`: these ids fail (default every second one) and live on; the others are ended
 * - `lose-reply`: ends the machines, then rejects; default `timeout`
 */
export type TerminateFault =
  | CallFault
  | {
      readonly kind: 'partial'
      readonly ids?: readonly string[] | undefined
      readonly error?: FlotillaError | undefined
    }
  | { readonly kind: 'lose-reply'; readonly error?: FlotillaError | undefined }

/**
 * - `duplicate`: shows every machine twice, against the contract
 * - `empty`: shows none, against the contract
 */
export type ListFault = CallFault | { readonly kind: 'duplicate' } | { readonly kind: 'empty' }

/**
 * - `absent`: these ids cannot be read (default all)
 * - `left-out`: these ids get no reading at all (default all), against the contract
 * - `nonsense`: every value is this, against the contract: NaN, a string
 */
export type UsageFault =
  | CallFault
  | { readonly kind: 'absent'; readonly ids?: readonly string[] | undefined }
  | { readonly kind: 'left-out'; readonly ids?: readonly string[] | undefined }
  | { readonly kind: 'nonsense'; readonly value: unknown }

/** The faults now in force; set and cleared at any time. */
export interface BackendFaults {
  list?: Fault<ListFault, { readonly group: string }> | undefined
  launch?: Fault<LaunchFault, LaunchRequest> | undefined
  terminate?: Fault<TerminateFault, { readonly group: string; readonly ids: readonly string[] }> | undefined
  endGroup?: Fault<CallFault, { readonly group: string }> | undefined
  usage?: Fault<UsageFault, { readonly instances: readonly Instance[] }> | undefined
}
