import { authTypeMaxCount } from '../wire/limits.js'
import { nothing, procedure, type Procedure } from './procedure.js'

/** Calls that make a connection usable. Source: remote_protocol.x of libvirt 9.0. */

export const authList: Procedure<readonly [], readonly number[]> = procedure(
  'authList',
  66,
  nothing,
  (from) => from.list(authTypeMaxCount, 4, () => from.int()),
)

export const authPolkit: Procedure<readonly [], number> = procedure('authPolkit', 70, nothing, (from) =>
  from.int(),
)

export const connectOpen: Procedure<readonly [name: string, flags: number], void> = procedure(
  'connectOpen',
  1,
  (to, name, flags) => to.optionalString(name).uint(flags),
  nothing,
)

export const connectClose: Procedure<readonly [], void> = procedure('connectClose', 2, nothing, nothing)

export const supportsFeature: Procedure<readonly [feature: number], boolean> = procedure(
  'connectSupportsFeature',
  60,
  (to, wanted) => to.int(wanted),
  (from) => from.int() !== 0,
)

/** virDrvFeature. */
export const feature = { keepAlive: 10, networkUpdateHasCorrectOrder: 16 } as const
/** remote_auth_type. */
export const authType = { none: 0, sasl: 1, polkit: 2 } as const
/** VIR_CONNECT_RO. */
export const connectReadOnly = 1
