import type { AuthSettings } from '../auth/auth-settings.js'
import type { EndpointInterface } from '../catalog/catalog.js'

/** One cloud, checked and in one form, wherever it came from. Its secrets do not show. */
export interface CloudSettings {
  /** For messages. */
  readonly name: string
  readonly auth: AuthSettings
  readonly region: string | undefined
  /** The first of these that the catalogue has is taken. */
  readonly interfaces: readonly EndpointInterface[]
  /** The same for single services, by type; and regions. */
  readonly interfacesOf: ReadonlyMap<string, readonly EndpointInterface[]>
  readonly regionsOf: ReadonlyMap<string, string>
  /** Addresses instead of the catalogue's, by service type. */
  readonly endpoints: ReadonlyMap<string, string>
  /** Microversions that are not exceeded, by service type. */
  readonly microversions: ReadonlyMap<string, string>
  readonly caFile: string | undefined
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  readonly insecure: boolean
  /** Bound of one try; undefined when nothing is said. */
  readonly apiTimeoutMs: number | undefined
  /** Keys that were passed over, since they change neither who, nor where, nor how securely. */
  readonly ignoredKeys: readonly string[]
}
