import type { BackendSupports, LaunchRequest } from '../../../backend.js'
import type { Clock } from '../../../clock.js'
import type { Address, Instance } from '../../../model.js'
import type { FakeMachines, FakeUse } from './fake-machines.js'

/** How an in-memory backend behaves while nothing is wrong. */
export interface FakeBackendOptions {
  /** Default `fake`. */
  readonly name?: string | undefined
  /** Default the host's clock. */
  readonly clock?: Clock | undefined
  /** How long every call takes to be answered; milliseconds, default 0. */
  readonly callMs?: number | undefined
  /** How long `launch` takes, beyond that, to make a machine; milliseconds, default 0. */
  readonly launchMs?: number | undefined
  /** From `pending` to `running`; milliseconds, Infinity for never, default 0. */
  readonly bootMs?: number | ((request: LaunchRequest) => number) | undefined
  /** The backend's own bound of a call; milliseconds, default 30,000. */
  readonly timeoutMs?: number | undefined
  /** Where the n-th machine answers; default an address of its own in 10.0.0.0/8, port 8080. */
  readonly address?: ((serial: number) => Address) | undefined
  readonly templateHash?: string | undefined
  /** Default all true. */
  readonly supports?: Partial<BackendSupports> | undefined
  /** What a running machine uses until `setUsage` says otherwise; default 0.1 and 64 MiB. */
  readonly use?: FakeUse | ((instance: Instance) => FakeUse) | undefined
  /** Default a new table of its own; hand in one to share it. */
  readonly machines?: FakeMachines | undefined
}

/** What a backend was asked, so that a test can assert what it was not. */
export interface BackendCalls {
  listCount: number
  usageCount: number
  closeCount: number
  readonly launched: LaunchRequest[]
  readonly terminated: { readonly group: string; readonly ids: readonly string[] }[]
}
