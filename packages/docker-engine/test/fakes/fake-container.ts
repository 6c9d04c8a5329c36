import { createHash } from 'node:crypto'
import type { Clock } from '@flotilla/core'
import type {
  ContainerBody,
  ContainerDetails,
  ContainerHealth,
  ContainerStats,
  ContainerSummary,
  Networks,
} from '../../src/api/docker-api.js'

export interface FakeContainerParts {
  readonly serial: number
  readonly name: string
  readonly body: ContainerBody
  readonly clock: Clock
}

const never = '0001-01-01T00:00:00Z'

/** One container of a fake engine. */
export class FakeContainer {
  readonly id: string
  name: string
  readonly body: ContainerBody
  state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead' = 'created'
  exitCode = 0
  error = ''
  outOfMemory = false
  restartCount = 0
  /** Of its HEALTHCHECK; undefined without one. */
  health: ContainerHealth | undefined
  log: Buffer = Buffer.alloc(0)
  /** By name, in the place of the one that it was made in. */
  joined: Networks | undefined
  /** Of a core, and bytes. */
  use = { cores: 0, memoryBytes: 2 ** 20 }
  /** Somebody else is removing it. */
  isBeingRemoved = false
  startedAt = never
  finishedAt = never
  readonly #serial: number
  readonly #clock: Clock
  readonly #createdMs: number
  /** Nothing starts without a little. */
  #usedNs = 1e6
  #accountedMs: number

  constructor({ serial, name, body, clock }: FakeContainerParts) {
    this.id = createHash('sha256').update(`${serial} ${name}`).digest('hex')
    this.name = name
    this.body = body
    this.#serial = serial
    this.#clock = clock
    this.#createdMs = clock.now()
    this.#accountedMs = this.#createdMs
  }

  get isRunning(): boolean {
    return this.state === 'running' || this.state === 'paused' || this.state === 'restarting'
  }

  start(): void {
    this.state = 'running'
    this.startedAt = this.#now()
    this.#accountedMs = this.#clock.now()
  }

  exit(exitCode: number): void {
    this.state = 'exited'
    this.exitCode = exitCode
    this.finishedAt = this.#now()
  }

  setUse(use: { readonly cores: number; readonly memoryBytes: number }): void {
    this.#account()
    this.use = use
  }

  summary(): ContainerSummary {
    return {
      Id: this.id,
      ImageID: this.body.Image,
      Names: [`/${this.name}`],
      Labels: this.body.Labels,
      Created: Math.floor(this.#createdMs / 1000),
      State: this.state,
      Status: this.#status(),
      Ports: this.isRunning
        ? this.#published().map(({ HostIp, HostPort }) => ({
            IP: HostIp,
            PrivatePort: 8080,
            PublicPort: Number(HostPort),
            Type: 'tcp',
          }))
        : [],
      NetworkSettings: { Networks: this.#networks() },
    }
  }

  details(): ContainerDetails {
    const { NanoCpus = 0 } = this.body.HostConfig as { NanoCpus?: number }
    return {
      Id: this.id,
      Name: `/${this.name}`,
      Image: this.body.Image,
      Created: new Date(this.#createdMs).toISOString(),
      State: {
        Status: this.state,
        OOMKilled: this.outOfMemory,
        Pid: this.isRunning ? 2 ** 22 + this.#serial : 0,
        ExitCode: this.exitCode,
        Error: this.error,
        StartedAt: this.startedAt,
        FinishedAt: this.finishedAt,
        Health: this.health,
      },
      RestartCount: this.restartCount,
      Config: { Labels: this.body.Labels },
      HostConfig: { NanoCpus, CpuQuota: 0, CpuPeriod: 0, CpusetCpus: '' },
      NetworkSettings: {
        Networks: this.#networks(),
        Ports: this.isRunning ? { '8080/tcp': this.#published() } : {},
      },
    }
  }

  stats(): ContainerStats {
    const none = { cpu_usage: { total_usage: 0 } }
    if (!this.isRunning) return { read: never, cpu_stats: none, memory_stats: {} }
    this.#account()
    return {
      read: this.#now(),
      cpu_stats: { cpu_usage: { total_usage: this.#usedNs }, online_cpus: 2 },
      memory_stats: { usage: this.use.memoryBytes + 4096, stats: { total_inactive_file: 4096 } },
    }
  }

  /** By the clock that `read` is told by, so that the two agree. */
  #account(): void {
    const nowMs = this.#clock.now()
    this.#usedNs += this.use.cores * (nowMs - this.#accountedMs) * 1e6
    this.#accountedMs = nowMs
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }

  #status(): string {
    switch (this.state) {
      case 'created':
        return 'Created'
      case 'exited':
        return `Exited (${this.exitCode}) 2 seconds ago`
      case 'restarting':
        return `Restarting (${this.exitCode}) 1 second ago`
      case 'paused':
        return 'Up 3 seconds (Paused)'
      case 'running':
        return `Up 3 seconds${this.#healthText()}`
      case 'removing':
        return 'Removal In Progress'
      case 'dead':
        return 'Dead'
    }
  }

  #healthText(): string {
    if (this.health === undefined) return ''
    return this.health.Status === 'starting' ? ' (health: starting)' : ` (${this.health.Status})`
  }

  #networks(): Networks {
    if (this.joined !== undefined) return this.joined
    const { NetworkMode = 'bridge' } = this.body.HostConfig as { NetworkMode?: string }
    const IPAddress = this.isRunning ? `172.18.${this.#serial >> 8}.${this.#serial & 255}` : ''
    return { [NetworkMode]: { IPAddress } }
  }

  #published(): readonly { readonly HostIp: string; readonly HostPort: string }[] {
    const { PortBindings = {} } = this.body.HostConfig as {
      PortBindings?: Record<string, readonly { HostIp: string }[]>
    }
    return Object.values(PortBindings).flatMap((bindings) =>
      bindings.map(({ HostIp }) => ({ HostIp, HostPort: String(32_768 + this.#serial) })),
    )
  }
}
