import type { Json } from '@flotilla/core'
import { checkDockerOptions } from './options/check-options.js'
import {
  type PullProgress,
  type RegistryAuth,
  type DockerEngine,
  type DockerEngineOptions,
  withTag,
} from '@flotilla/docker-engine'

/** How an instance's address is told. */
export type AddressKind = 'ip' | 'name' | 'published'

/** How instances are run. */
export interface DockerOptions {
  /** With its tag or digest; without either, `latest`. */
  readonly image: string
  /** Port that the service listens on inside the container. Without one, instances have no address. */
  readonly port?: number | undefined
  /** Arguments, over the image's own. */
  readonly command?: readonly string[] | undefined
  /** Executable and first arguments, over the image's own. */
  readonly entrypoint?: readonly string[] | undefined
  /** Values are never printed, nor stored elsewhere than in the container. */
  readonly env?: Readonly<Record<string, string>> | undefined
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
  /** Most cores it may use, and what a `cpu` reading of 1 means; default all of the host's. */
  readonly cpus?: number | undefined
  /** Over this the kernel kills it; default none. At least 6 MiB. */
  readonly memoryBytes?: number | undefined
  /** As with `docker run --volume`: `data:/data`, `/srv/www:/www:ro`. Named volumes are kept when instances go. */
  readonly volumes?: readonly string[] | undefined
  /** Labels of your own; none may begin with `flotilla.`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /**
   * What Docker does when an instance exits; default `no`: the controller replaces it, with backoff. With another, an
   * instance that keeps crashing is told apart and replaced.
   */
  readonly restart?: 'no' | 'on-failure' | 'unless-stopped' | 'always' | undefined
  /** A small init as process 1, which passes signals on and reaps children; default true. */
  readonly init?: boolean | undefined
  /** Asks it to end; default the image's own, else `SIGTERM`. */
  readonly stopSignal?: string | undefined
  /** Time from `stopSignal` to SIGKILL, in whole seconds rounded up; default 10,000. */
  readonly graceMs?: number | undefined
  /** Whether to fetch the image: when it is `missing` (default), `always` before a launch, or `never`. */
  readonly pull?: 'missing' | 'always' | 'never' | undefined
  /** Hears how a pull goes on. */
  readonly onPull?: ((progress: PullProgress) => void) | undefined
  /** For a registry that asks who is there. */
  readonly registryAuth?: RegistryAuth | undefined
  /** Bound of one pull; default 600,000. */
  readonly pullTimeoutMs?: number | undefined
  /** `user`, `uid`, or either with `:group`. */
  readonly user?: string | undefined
  readonly workingDir?: string | undefined
  /** Lines for its hosts file: `db:10.0.0.7`, `host.docker.internal:host-gateway`. */
  readonly extraHosts?: readonly string[] | undefined
  /** Further fields of the Engine API's HostConfig, as they are: `{ ReadonlyRootfs: true, Ulimits: [...] }`. */
  readonly hostConfig?: Readonly<Record<string, Json>> | undefined
  /** Tells apart controllers that use the same group names on one engine. */
  readonly scope?: string | undefined
  /** What instances say as their `zone`: the host's name, say. */
  readonly zone?: string | undefined
  /**
   * Where use is read: `auto` (default) from the kernel's own files where the engine is local, which costs the daemon
   * nothing, else from the engine's `stats`; `stats` always from there.
   */
  readonly usage?: 'auto' | 'stats' | undefined
  /** Terminations at one time; default 8. */
  readonly parallel?: number | undefined
  /** The engine, or where it is. One engine given to several backends is asked once for all of them. */
  readonly engine?: DockerEngine | DockerEngineOptions | undefined
}

const defaults = {
  address: 'ip',
  restart: 'no',
  init: true,
  graceMs: 10_000,
  pull: 'missing',
  pullTimeoutMs: 600_000,
  usage: 'auto',
  parallel: 8,
} as const

/** The template: all that makes an instance what it is. */
export interface Template {
  readonly image: string
  readonly port: number | undefined
  readonly command: readonly string[] | undefined
  readonly entrypoint: readonly string[] | undefined
  readonly env: Readonly<Record<string, string>>
  readonly network: string | undefined
  readonly address: AddressKind
  readonly publishOn: string | undefined
  readonly cpus: number | undefined
  readonly memoryBytes: number | undefined
  readonly volumes: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly restart: NonNullable<DockerOptions['restart']>
  readonly init: boolean
  readonly stopSignal: string | undefined
  readonly user: string | undefined
  readonly workingDir: string | undefined
  readonly extraHosts: readonly string[]
  readonly hostConfig: Readonly<Record<string, Json>>
}

/** The options with every default filled in. */
export interface Settings {
  readonly template: Template
  readonly graceMs: number
  readonly pull: NonNullable<DockerOptions['pull']>
  readonly onPull: DockerOptions['onPull']
  readonly registryAuth: RegistryAuth | undefined
  readonly pullTimeoutMs: number
  readonly scope: string | undefined
  readonly zone: string | undefined
  readonly usage: NonNullable<DockerOptions['usage']>
  readonly parallel: number
}

/** @throws FlotillaError `invalid-options` */
export function readOptions(options: DockerOptions): Settings {
  const given = checkDockerOptions(options)
  return {
    template: {
      image: withTag(given.image),
      port: given.port,
      command: given.command,
      entrypoint: given.entrypoint,
      env: given.env ?? {},
      network: given.network,
      address: given.address ?? defaults.address,
      publishOn: given.publishOn,
      cpus: given.cpus,
      memoryBytes: given.memoryBytes,
      volumes: given.volumes ?? [],
      labels: given.labels ?? {},
      restart: given.restart ?? defaults.restart,
      init: given.init ?? defaults.init,
      stopSignal: given.stopSignal,
      user: given.user,
      workingDir: given.workingDir,
      extraHosts: given.extraHosts ?? [],
      hostConfig: given.hostConfig ?? {},
    },
    graceMs: given.graceMs ?? defaults.graceMs,
    pull: given.pull ?? defaults.pull,
    onPull: given.onPull,
    registryAuth: given.registryAuth,
    pullTimeoutMs: given.pullTimeoutMs ?? defaults.pullTimeoutMs,
    scope: given.scope,
    zone: given.zone,
    usage: given.usage ?? defaults.usage,
    parallel: given.parallel ?? defaults.parallel,
  }
}

/** Values of the template that must not be shown. */
export function secretsOf({ template }: Pick<Settings, 'template'>): readonly string[] {
  return Object.values(template.env)
}
