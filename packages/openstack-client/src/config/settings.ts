import type { AuthSettings } from '../auth/auth-settings.js'
import type { EndpointInterface } from '../catalog/catalog.js'

/** One cloud, checked and in one form, from a file, variables or options. Its secrets are hidden. */
export interface CloudSettings {
  /** For messages. */
  readonly name: string
  readonly auth: AuthSettings
  readonly region: string | undefined
  /** In the order of preference: the first that the catalogue has. */
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
  /** Bound of one try; undefined when none was set. */
  readonly apiTimeoutMs: number | undefined
  /** Keys that were ignored. They change neither the user, nor the cloud, nor its security. */
  readonly ignoredKeys: readonly string[]
}
