import type { CallOptions } from '@flotilla/core'

/**
 * The calls this package makes of a Docker Engine, so that a test can bring its own engine. What they give is named as
 * the Engine API names it, cut down to what is read, so that a recorded answer is one. They reject with whatever the
 * client throws, which `errors.ts` reads; names and ids are the caller's to check.
 */
export interface DockerApi {
  /** Every container that has this label, stopped ones too. */
  listContainers(label: string, call: CallOptions): Promise<readonly ContainerSummary[]>
  /** @returns the new container's id */
  createContainer(name: string, body: ContainerBody, call: CallOptions): Promise<string>
  /** Starts a container that was made, or has stopped. */
  startContainer(id: string, call: CallOptions): Promise<void>
  /** By id or by name. */
  inspectContainer(idOrName: string, call: CallOptions): Promise<ContainerDetails>
  /** Sends the stop signal, and SIGKILL once the grace has passed; resolves when it has stopped. */
  stopContainer(id: string, graceSeconds: number, call: CallOptions): Promise<void>
  /** Removes it, with its anonymous volumes; kills it first if it runs. */
  removeContainer(id: string, call: CallOptions): Promise<void>
  /** Lets a paused container go on. */
  unpauseContainer(id: string, call: CallOptions): Promise<void>
  /** What it wrote last, as the engine keeps it: about so many lines, framed or not. */
  containerLogs(id: string, lines: number, call: CallOptions): Promise<Buffer>
  /** An image by its id. */
  inspectImage(id: string, call: CallOptions): Promise<ImageDetails>
  /** What the engine is. */
  version(call: CallOptions): Promise<EngineVersion>
  /** What the engine has. */
  info(call: CallOptions): Promise<EngineInfo>
  /** Takes a container out of a network by force, also when only a trace of it is left there. */
  disconnect(network: string, containerName: string, call: CallOptions): Promise<void>
  /** Counters as they stand, without a second sample to compare with. */
  containerStats(id: string, call: CallOptions): Promise<ContainerStats>
  /** Resolves once the image is there. */
  pullImage(request: PullRequest, call: CallOptions): Promise<void>
  /** Resolves once connected. The stream throws when it breaks off, and ends when the signal aborts. */
  openEvents(filters: EventFilters, call: CallOptions): Promise<AsyncIterable<EngineEvent>>
  /** Whether the engine answers. */
  ping(call: CallOptions): Promise<void>
  /** Closes idle connections. */
  close(): void
}

/** What the engine says of an image. */
export interface ImageDetails {
  readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null } | null
}

/** What `GET /version` gives. */
export interface EngineVersion {
  readonly Components?: readonly { readonly Name: string; readonly Version: string }[] | null | undefined
}

/** What `GET /info` gives. */
export interface EngineInfo {
  /** `cgroupfs`, `systemd`; `none` where containers have no control groups. */
  readonly CgroupDriver?: string | undefined
}

/** What `GET /containers/json` gives of one container. */
export interface ContainerSummary {
  readonly Id: string
  /** Id of its image. */
  readonly ImageID?: string | undefined
  /** Each begins with `/`. */
  readonly Names: readonly string[]
  readonly Labels: Readonly<Record<string, string>> | null
  /** Seconds since the epoch. */
  readonly Created: number
  readonly State: string
  /** In words: `Up 3 minutes (healthy)`, `Exited (137) 2 seconds ago`. */
  readonly Status: string
  readonly Ports: readonly PublishedPort[] | null
  readonly NetworkSettings: { readonly Networks: Networks } | null
}

/** A port of the host that leads into a container. */
export interface PublishedPort {
  readonly IP?: string | undefined
  readonly PrivatePort: number
  readonly PublicPort?: number | undefined
  readonly Type: string
}

/** By network name. */
export type Networks = Readonly<
  Record<
    string,
    {
      readonly NetworkID?: string | undefined
      readonly IPAddress?: string | undefined
      readonly GlobalIPv6Address?: string | undefined
    } | null
  >
>

/** What `GET /containers/{id}/json` gives. */
export interface ContainerDetails {
  readonly Id: string
  readonly Name: string
  /** Id of its image. */
  readonly Image?: string | undefined
  /** RFC 3339. */
  readonly Created: string
  readonly State: ContainerState
  readonly RestartCount: number
  readonly Config: { readonly Labels: Readonly<Record<string, string>> | null }
  readonly HostConfig: CpuLimits
  readonly NetworkSettings: {
    readonly Networks: Networks | null
    /** By `8080/tcp`. */
    readonly Ports: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null
  }
}

/** Whether a container runs, and how it ended. */
export interface ContainerState {
  readonly Status: string
  readonly OOMKilled: boolean
  /** 0 while it does not run. */
  readonly Pid: number
  readonly ExitCode: number
  readonly Error: string
  /** RFC 3339; year 1 when it never has. */
  readonly StartedAt: string
  readonly FinishedAt: string
  /** Of its HEALTHCHECK; absent without one. */
  readonly Health?: ContainerHealth | null | undefined
}

/** What the health check of its image says. */
export interface ContainerHealth {
  /** `starting`, `healthy`, `unhealthy`; `none` or empty without one. */
  readonly Status: string
  /** The last few checks, the newest last. */
  readonly Log?: readonly { readonly ExitCode: number; readonly Output: string }[] | null | undefined
}

/** How much CPU a container may use, in the three ways that Docker has for it. */
export interface CpuLimits {
  /** Billionths of a core; 0 for none. */
  readonly NanoCpus?: number | undefined
  /** Microseconds in each `CpuPeriod`; 0 or less for none. */
  readonly CpuQuota?: number | undefined
  /** Microseconds; 0 for the kernel's own 100,000. */
  readonly CpuPeriod?: number | undefined
  /** `0-2,7`; empty for all. */
  readonly CpusetCpus?: string | undefined
}

/** What `GET /containers/{id}/stats?stream=false&one-shot=true` gives. */
export interface ContainerStats {
  /** RFC 3339 with nanoseconds; year 1 for a container that does not run. */
  readonly read: string
  readonly cpu_stats: {
    readonly cpu_usage: {
      /** Nanoseconds. */
      readonly total_usage: number
      /** One for each core; cgroup v1 only. */
      readonly percpu_usage?: readonly number[] | undefined
    }
    readonly online_cpus?: number | undefined
    readonly throttling_data?: { readonly periods: number; readonly throttled_periods: number } | undefined
  }
  readonly memory_stats: {
    /** Bytes, the file cache included. */
    readonly usage?: number | undefined
    readonly stats?: Readonly<Record<string, number>> | undefined
  }
}

/** The body of `POST /containers/create`. */
export interface ContainerBody {
  readonly Image: string
  readonly Labels: Readonly<Record<string, string>>
  readonly HostConfig: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

/** An image to fetch, and how. */
export interface PullRequest {
  /** With its tag or digest. */
  readonly image: string
  readonly auth?: RegistryAuth | undefined
  /** Told of each layer as it comes. */
  readonly onProgress?: ((progress: PullProgress) => void) | undefined
}

/** How a registry is told who asks: a name and password, or a token. */
export type RegistryAuth =
  | { readonly username: string; readonly password: string; readonly serveraddress?: string | undefined }
  | { readonly identitytoken: string; readonly serveraddress?: string | undefined }

/** One word of the engine about a pull. */
export interface PullProgress {
  /** In words: `Downloading`, `Extracting`, `Pull complete`. */
  readonly status: string
  /** The layer it is about. */
  readonly layer?: string | undefined
  readonly currentBytes?: number | undefined
  readonly totalBytes?: number | undefined
}

/** Which events of the engine are wanted. */
export interface EventFilters {
  readonly type: 'container' | 'service'
  /** Left out, all. */
  readonly actions?: readonly string[] | undefined
  readonly label?: string | undefined
}

/** One line of `GET /events`. */
export interface EngineEvent {
  readonly Type: string
  readonly Action: string
  readonly Actor: {
    readonly ID: string
    /** The container's labels, and facts such as `exitCode`. */
    readonly Attributes: Readonly<Record<string, string>>
  }
}
