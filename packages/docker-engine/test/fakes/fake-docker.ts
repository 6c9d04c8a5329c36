import { systemClock, type CallOptions, type Clock } from '@flotilla/core'
import type {
  ContainerBody,
  ContainerDetails,
  ContainerStats,
  ContainerSummary,
  DockerApi,
  EngineEvent,
  EngineInfo,
  EngineVersion,
  EventFilters,
  ImageDetails,
  PullRequest,
} from '../../src/api/docker-api.js'
import { FakeCalls, type CallFault } from './fake-calls.js'
import { FakeContainer } from './fake-container.js'
import { dockerError } from './fake-errors.js'
import { FakeEvents } from './fake-events.js'

export type DockerCall = Exclude<keyof DockerApi, 'close'>

export interface FakeDockerOptions {
  readonly clock?: Clock | undefined
  /** Images on the host, and those that the registry has. */
  readonly images?: readonly string[] | undefined
  readonly registry?: readonly string[] | undefined
  /** Waited for at the begin and the end of each call; by default nothing but a promise. */
  readonly pause?: (() => Promise<void>) | undefined
}

/** A Docker Engine in memory that answers, and fails, in the words of dockerd 20.10. */
export class FakeDocker implements DockerApi {
  readonly containers = new Map<string, FakeContainer>()
  readonly images: Set<string>
  readonly events = new FakeEvents()
  /** Ids that refuse to be stopped or removed. */
  readonly stubborn = new Set<string>()
  /** What a daemon that was killed has left in its networks: `network/name`. */
  readonly staleEndpoints = new Set<string>()
  /** What the engine says it is, and has. */
  components = [{ Name: 'Engine', Version: '20.10.24' }]
  cgroupDriver = 'cgroupfs'
  /** Labels of images that have some. */
  readonly imageLabels = new Map<string, Readonly<Record<string, string>>>()
  readonly #registry: ReadonlySet<string>
  readonly #clock: Clock
  readonly #calls: FakeCalls<DockerCall>
  #serial = 0

  constructor({ clock = systemClock, images = ['web:1'], registry = [], pause }: FakeDockerOptions = {}) {
    this.#clock = clock
    this.images = new Set(images)
    this.#registry = new Set(registry)
    this.#calls = new FakeCalls(pause ?? (async () => {}))
  }

  /** Every call made, in order. */
  get calls(): DockerCall[] {
    return this.#calls.made
  }

  /** Whether the daemon is away. */
  get isDown(): boolean {
    return this.#calls.isDown
  }

  set isDown(isDown: boolean) {
    this.#calls.isDown = isDown
  }

  /** Arms a fault for the next call of this kind. */
  arm(call: DockerCall, fault: CallFault): void {
    this.#calls.arm(call, fault)
  }

  clearFaults(): void {
    this.#calls.clearFaults()
  }

  /** How many calls of a kind were made. */
  count(call: DockerCall): number {
    return this.calls.filter((made) => made === call).length
  }

  get(id: string): FakeContainer {
    const found = this.containers.get(id)
    if (found === undefined) throw new Error(`the fake has no container ${id}`)
    return found
  }

  /** A container that somebody else made and started. */
  addForeign(name: string, labels: Readonly<Record<string, string>> = {}): string {
    const container = this.#add(name, { Image: 'web:1', Labels: labels, HostConfig: {} })
    container.start()
    return container.id
  }

  /** The container's process ends by itself. */
  crash(id: string, exitCode: number): void {
    const container = this.get(id)
    container.exit(exitCode)
    this.events.tell('die', container, { exitCode: String(exitCode) })
  }

  /** The daemon goes away, with all that it runs, and every connection breaks. */
  goDown(): void {
    this.isDown = true
    for (const container of this.containers.values()) if (container.isRunning) container.exit(143)
    this.events.breakOff()
  }

  async listContainers(label: string, call: CallOptions): Promise<readonly ContainerSummary[]> {
    return this.#calls.do('listContainers', call, () =>
      [...this.containers.values()].flatMap((container) =>
        label in container.body.Labels ? [container.summary()] : [],
      ),
    )
  }

  async createContainer(name: string, body: ContainerBody, call: CallOptions): Promise<string> {
    return this.#calls.do('createContainer', call, () => {
      const holder = [...this.containers.values()].find((container) => container.name === name)
      if (holder !== undefined && this.#isPodman()) {
        const message = `container create: creating container storage: the container name "${name}" is already in use by ${holder.id}. You have to remove that container to be able to reuse that name: that name is already in use`
        throw dockerError(500, message)
      }
      if (holder !== undefined) {
        const message = `Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`
        throw dockerError(409, message)
      }
      if (!this.images.has(body.Image))
        throw dockerError(404, `No such image: ${body.Image}`, 'no such container')
      return this.#add(name, body).id
    })
  }

  async startContainer(id: string, call: CallOptions): Promise<void> {
    return this.#calls.do('startContainer', call, () => {
      const container = this.#find(id)
      if (container.isRunning) throw dockerError(304, '', 'container already started')
      const { NetworkMode = 'bridge' } = container.body.HostConfig as { NetworkMode?: string }
      if (this.staleEndpoints.has(`${NetworkMode}/${container.name}`)) {
        throw dockerError(
          403,
          `endpoint with name ${container.name} already exists in network ${NetworkMode}`,
        )
      }
      container.start()
      this.events.tell('start', container)
    })
  }

  async inspectContainer(idOrName: string, call: CallOptions): Promise<ContainerDetails> {
    return this.#calls.do('inspectContainer', call, () => this.#find(idOrName).details())
  }

  async stopContainer(id: string, _graceSeconds: number, call: CallOptions): Promise<void> {
    return this.#calls.do('stopContainer', call, () => {
      const container = this.#find(id)
      if (!container.isRunning) throw dockerError(304, '', 'container already stopped')
      if (container.state === 'paused' && this.#isPodman()) {
        throw dockerError(
          500,
          `container ${id} is running or paused, refusing to clean up: container state improper`,
        )
      }
      this.#refuseIfStubborn(id)
      container.exit(143)
      this.events.tell('die', container, { exitCode: '143' })
    })
  }

  async removeContainer(id: string, call: CallOptions): Promise<void> {
    return this.#calls.do('removeContainer', call, () => {
      const container = this.#find(id)
      this.#refuseIfStubborn(id)
      if (container.isBeingRemoved) {
        throw dockerError(409, `removal of container ${id} is already in progress`)
      }
      this.containers.delete(id)
      this.events.tell('destroy', container)
    })
  }

  async unpauseContainer(id: string, call: CallOptions): Promise<void> {
    return this.#calls.do('unpauseContainer', call, () => {
      const container = this.#find(id)
      if (container.state !== 'paused') throw dockerError(500, `Container ${id} is not paused`)
      container.state = 'running'
      this.events.tell('unpause', container)
    })
  }

  async containerLogs(id: string, _lines: number, call: CallOptions): Promise<Buffer> {
    return this.#calls.do('containerLogs', call, () => this.#find(id).log)
  }

  async inspectImage(id: string, call: CallOptions): Promise<ImageDetails> {
    return this.#calls.do('inspectImage', call, () => ({
      Config: { Labels: this.imageLabels.get(id) ?? null },
    }))
  }

  async version(call: CallOptions): Promise<EngineVersion> {
    return this.#calls.do('version', call, () => ({ Components: this.components }))
  }

  async info(call: CallOptions): Promise<EngineInfo> {
    return this.#calls.do('info', call, () => ({ CgroupDriver: this.cgroupDriver }))
  }

  async disconnect(network: string, containerName: string, call: CallOptions): Promise<void> {
    return this.#calls.do('disconnect', call, () => {
      this.staleEndpoints.delete(`${network}/${containerName}`)
    })
  }

  async containerStats(id: string, call: CallOptions): Promise<ContainerStats> {
    return this.#calls.do('containerStats', call, () => this.#find(id).stats())
  }

  async pullImage({ image, onProgress }: PullRequest, call: CallOptions): Promise<void> {
    return this.#calls.do('pullImage', call, () => {
      if (!this.#registry.has(image)) {
        throw dockerError(404, `manifest for ${image} not found: manifest unknown: manifest unknown`)
      }
      onProgress?.({ status: 'Downloading', layer: 'a3ed95caeb02', currentBytes: 1, totalBytes: 2 })
      this.images.add(image)
    })
  }

  async openEvents(
    { actions = [''], label }: EventFilters,
    call: CallOptions,
  ): Promise<AsyncIterable<EngineEvent>> {
    return this.#calls.do('openEvents', call, () => this.events.listen(actions, label, call.signal))
  }

  async ping(call: CallOptions): Promise<void> {
    return this.#calls.do('ping', call, () => {})
  }

  close(): void {}

  #add(name: string, body: ContainerBody): FakeContainer {
    this.#serial += 1
    const container = new FakeContainer({ serial: this.#serial, name, body, clock: this.#clock })
    this.containers.set(container.id, container)
    return container
  }

  #find(idOrName: string): FakeContainer {
    const found =
      this.containers.get(idOrName) ?? [...this.containers.values()].find(({ name }) => name === idOrName)
    if (found === undefined) throw dockerError(404, `No such container: ${idOrName}`, 'no such container')
    return found
  }

  #isPodman(): boolean {
    return this.components.some(({ Name }) => Name === 'Podman Engine')
  }

  #refuseIfStubborn(id: string): void {
    if (!this.stubborn.has(id)) return
    throw dockerError(
      500,
      `cannot stop container: ${id}: tried to kill container, but did not receive an exit event`,
    )
  }
}
