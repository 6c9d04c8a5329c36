import type { EndpointInterface } from '../catalog/catalog.js'
import type { Clock } from '../time/clock.js'
import type { RetryOptions } from '../http/retry.js'
import type { Send } from '../http/http-types.js'
import type { CallRecord } from '../session/request.js'

/** The user and the scope. One of password, token and application credential; and one scope, or none. */
export interface AuthOptions {
  /** Keystone, with or without `/v3`: `https://cloud.example:5000`. */
  readonly authUrl: string
  readonly username?: string | undefined
  readonly userId?: string | undefined
  /** Of the user. Default: the domain with the id `default`. */
  readonly userDomainName?: string | undefined
  readonly userDomainId?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
  readonly applicationCredentialId?: string | undefined
  /** With `username` or `userId`. */
  readonly applicationCredentialName?: string | undefined
  readonly applicationCredentialSecret?: string | undefined
  readonly projectId?: string | undefined
  readonly projectName?: string | undefined
  /** Of the project. Default: the domain with the id `default`. */
  readonly projectDomainName?: string | undefined
  readonly projectDomainId?: string | undefined
  /** Scope of a whole domain; beside a project, the domain of user and project. */
  readonly domainId?: string | undefined
  readonly domainName?: string | undefined
  /** Scope of the whole cloud. */
  readonly systemScope?: 'all' | undefined
  /** Scope of a trust: its project, in the trustor's name. */
  readonly trustId?: string | undefined
}

/** Options of `connect`. All are optional: the environment and clouds.yaml decide the rest. */
export interface ConnectOptions {
  /** Name in clouds.yaml. Default: `OS_CLOUD`, else the cloud of the `OS_*` variables, else the only one in the file. */
  readonly cloud?: string | undefined
  /** Instead of any file and variable. */
  readonly auth?: AuthOptions | undefined
  /** Default: that of the cloud, else `OS_REGION_NAME`, else the first that the catalogue names. */
  readonly region?: string | undefined
  /** One, or several in the order of preference. Default: that of the cloud, else `public`. */
  readonly interface?: EndpointInterface | readonly EndpointInterface[] | undefined
  /** Addresses instead of the catalogue's, by service type: `{ compute: 'https://nova.example/v2.1' }`. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined
  /** Microversions that are not exceeded, by service type: `{ compute: '2.79' }`. */
  readonly microversions?: Readonly<Record<string, string>> | undefined
  /** PEM file of the authorities to trust. */
  readonly caFile?: string | undefined
  /** PEM files of a client certificate and its key. */
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  /** Takes any certificate. Default false. */
  readonly insecure?: boolean | undefined
  /** Whether `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are followed. Default true. */
  readonly useProxy?: boolean | undefined
  /** Bound of a call with its retries. Default 180 000 ms. */
  readonly timeoutMs?: number | undefined
  /** Bound of one try. Default 60 000 ms. */
  readonly attemptTimeoutMs?: number | undefined
  readonly retries?: RetryOptions | undefined
  /** Put before ours in `User-Agent`. */
  readonly userAgent?: string | undefined
  /** Called after every try, for counting and logs. It must not throw. */
  readonly onCall?: ((record: CallRecord) => void) | undefined
  /** Variables. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Folders that are searched for clouds.yaml. Default: here, `~/.config/openstack`, `/etc/openstack`. */
  readonly searchPath?: readonly string[] | undefined
  /** Default: the host's. */
  readonly clock?: Clock | undefined
  /** 0 <= value < 1, for the jitter of waits. Default: `Math.random`. */
  readonly random?: (() => number) | undefined
  /** Sends a request in place of `node:http`. It then has to do TLS and proxies itself. */
  readonly send?: Send | undefined
}
