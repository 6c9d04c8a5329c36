import type { Json } from '@flotilla/core'
import type { PullProgress, TemplateOptions } from '@flotilla/docker-engine'

/** Which address an instance has. */
export type AddressKind = 'ip' | 'name' | 'published'

/** Which containers are run, and how. */
export interface DockerOptions extends TemplateOptions {
  /** With its tag or digest; without either, `latest`. */
  readonly image: string
  /** Network to join, which must be there; default Docker's own `bridge`. */
  readonly network?: string | undefined
  /**
   * - `ip` (default): its IP address in `network`, reachable from the engine's host and from other containers
   * - `name`: its name in Docker's DNS, for a balancer that runs in the same user-defined network
   * - `published`: a port of the engine's host that Docker chooses, reachable from elsewhere
   */
  readonly address?: AddressKind | undefined
  /** With `published`: the host's address to listen on; default `127.0.0.1`, and `0.0.0.0` on a remote engine. */
  readonly publishOn?: string | undefined
  /** As with `docker run --volume`: `data:/data`, `/srv/www:/www:ro`. Named volumes are kept when instances go. */
  readonly volumes?: readonly string[] | undefined
  /**
   * What Docker does when an instance exits; default `no`: the controller replaces it, with backoff. With another, an
   * instance that keeps crashing is told apart and replaced.
   */
  readonly restart?: 'no' | 'on-failure' | 'unless-stopped' | 'always' | undefined
  /** Time from `stopSignal` to SIGKILL, in whole seconds rounded up; default 10,000. */
  readonly graceMs?: number | undefined
  /** Whether to fetch the image: when it is `missing` (default), `always` before a launch, or `never`. */
  readonly pull?: 'missing' | 'always' | 'never' | undefined
  /** Called with the progress of a pull. */
  readonly onPull?: ((progress: PullProgress) => void) | undefined
  /** Bound of one pull; default 600,000. */
  readonly pullTimeoutMs?: number | undefined
  /** Lines for its hosts file: `db:10.0.0.7`, `host.docker.internal:host-gateway`. */
  readonly extraHosts?: readonly string[] | undefined
  /** Further fields of the Engine API's HostConfig, as they are: `{ ReadonlyRootfs: true, Ulimits: [...] }`. */
  readonly hostConfig?: Readonly<Record<string, Json>> | undefined
  /** What instances say as their `zone`: the host's name, say. */
  readonly zone?: string | undefined
  /**
   * Where use is read: `auto` (default) from the kernel's own files where the engine is local, which costs the daemon
   * nothing, else from the engine's `stats`; `stats` always from there.
   */
  readonly usage?: 'auto' | 'stats' | undefined
  /** Terminations at one time; default 8. */
  readonly parallel?: number | undefined
}
