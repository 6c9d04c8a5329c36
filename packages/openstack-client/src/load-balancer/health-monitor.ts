import type { Collection, Kind } from '../resources/collection.js'

/** Checks the health of the members of a pool. */
export interface HealthMonitor {
  readonly id: string
  readonly name: string
  readonly type: string
  /** Seconds between two checks. */
  readonly delaySeconds: number
  readonly timeoutSeconds: number
  /** Passed checks after which a member takes load. */
  readonly maxRetries: number
  /** Failed checks after which it takes none. */
  readonly maxRetriesDown: number | undefined
  readonly httpMethod: string | undefined
  readonly urlPath: string | undefined
  /** `200`, `200,202`, `200-204`. */
  readonly expectedCodes: string | undefined
  readonly poolIds: readonly string[]
  readonly provisioningStatus: string
  readonly operatingStatus: string
}

/** Which are listed. */
export interface HealthMonitorFilter {
  readonly name?: string | undefined
  readonly poolId?: string | undefined
  readonly projectId?: string | undefined
}

/** What can be changed. */
export interface HealthMonitorChanges {
  readonly name?: string | undefined
  readonly delaySeconds?: number | undefined
  /** Less than the delay. */
  readonly timeoutSeconds?: number | undefined
  readonly maxRetries?: number | undefined
  readonly maxRetriesDown?: number | undefined
  readonly httpMethod?: string | undefined
  readonly urlPath?: string | undefined
  readonly expectedCodes?: string | undefined
}

/** One to be made; a pool has at most one. */
export interface HealthMonitorSpec extends HealthMonitorChanges {
  readonly poolId: string
  readonly type: 'HTTP' | 'HTTPS' | 'PING' | 'TCP' | 'TLS-HELLO' | 'UDP-CONNECT' | 'SCTP'
  readonly delaySeconds: number
  readonly timeoutSeconds: number
  readonly maxRetries: number
}

/** The calls of Octavia for health monitors. */
export type HealthMonitors = Collection<
  HealthMonitor,
  HealthMonitorFilter,
  HealthMonitorSpec,
  HealthMonitorChanges
>

export const healthMonitorKind: Kind<HealthMonitor> = {
  label: 'health monitor',
  one: 'healthmonitor',
  many: 'healthmonitors',
  path: '/lbaas/healthmonitors',
  renamed: { delaySeconds: 'delay', timeoutSeconds: 'timeout' },
  read: (json) => ({
    id: json.text('id') ?? '',
    name: json.text('name') ?? '',
    type: json.text('type') ?? '',
    delaySeconds: json.number('delay') ?? 0,
    timeoutSeconds: json.number('timeout') ?? 0,
    maxRetries: json.number('max_retries') ?? 0,
    maxRetriesDown: json.number('max_retries_down'),
    httpMethod: json.text('http_method'),
    urlPath: json.text('url_path'),
    expectedCodes: json.text('expected_codes'),
    poolIds: json.list('pools').map((pool) => pool.text('id') ?? ''),
    provisioningStatus: json.text('provisioning_status') ?? '',
    operatingStatus: json.text('operating_status') ?? '',
  }),
}
