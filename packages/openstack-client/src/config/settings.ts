import type { AuthSettings } from '../auth/auth-settings.js'
import type { EndpointInterface } from '../catalog/catalog.js'

/** One cloud, checked and in one form, wherever it came from. Its secrets do not show. */
export interface CloudSettings {
  /** For messages. */
  readonly name: string
  readonly auth: AuthSettings
  readonly region: string | undefined
  readonly interface: EndpointInterface
  /** Addresses instead of the catalogue's, by service type. */
  readonly endpoints: ReadonlyMap<string, string>
  /** Microversions that are not exceeded, by service type. */
  readonly microversions: ReadonlyMap<string, string>
  readonly caFile: string | undefined
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  readonly insecure: boolean
}
