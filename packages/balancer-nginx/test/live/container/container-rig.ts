import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BalancerMember, SyncReport } from '@flotilla/core'
import { httpTraffic, type HttpTraffic } from '@flotilla/core/testing'
import Docker from 'dockerode'
import { nginx, type Nginx, type NginxOptions } from '../../../src/index.js'
import { image } from './nginx-image.js'

/** As in the image's worker_shutdown_timeout. */
export const drainMs = 6000

export interface RigOptions {
  /** What the container runs in place of nginx. */
  readonly command?: readonly string[] | undefined
  readonly isReadOnly?: boolean | undefined
  /** Mounts a directory of this machine where our file goes. */
  readonly mountsDirectory?: boolean | undefined
  readonly balancer?: Partial<NginxOptions> | undefined
}

/** A container with Nginx, a balancer on it, and traffic through both. */
export class ContainerRig {
  readonly name: string
  readonly traffic: HttpTraffic
  readonly #docker: Docker
  readonly #options: RigOptions
  address: string
  container: Docker.Container
  readonly directory: string | undefined
  balancer: Nginx

  private constructor(
    docker: Docker,
    made: Made & { readonly name: string },
    options: RigOptions,
    directory: string | undefined,
  ) {
    this.#docker = docker
    this.#options = options
    this.container = made.container
    this.name = made.name
    this.directory = directory
    this.address = made.address
    this.traffic = httpTraffic({ url: () => `http://${this.address}:80`, memberHost: made.gateway })
    this.balancer = nginx({
      container: made.name,
      upstream: 'backend',
      listen: 80,
      drainTimeoutMs: drainMs,
      ...options.balancer,
    })
  }

  static async start(docker: Docker, options: RigOptions = {}): Promise<ContainerRig> {
    const name = `flotilla-test-nginx-${randomUUID().slice(0, 8)}`
    const directory =
      options.mountsDirectory === true ? await mkdtemp(join(tmpdir(), 'flotilla-conf-')) : undefined
    const made = await make(docker, name, options, directory)
    const rig = new ContainerRig(docker, { ...made, name }, options, directory)
    await rig.untilRunning()
    return rig
  }

  /** As an operator does: `docker rm -f NAME; docker run --name NAME …`. */
  async recreate(): Promise<void> {
    await this.container.remove({ force: true })
    const made = await make(this.#docker, this.name, this.#options, this.directory)
    this.container = made.container
    this.address = made.address
    await this.untilRunning()
  }

  /** Until the master has written its number down, and has workers. */
  async untilRunning(): Promise<void> {
    const script = 'read pid < /run/nginx.pid && cat /proc/$pid/task/$pid/children'
    for (let tries = 0; tries < 100; tries += 1) {
      if (/^\d/.test(await this.exec('sh', '-c', script).catch(() => ''))) return
      await sleep(50)
    }
    throw new Error('nginx did not start in its container')
  }

  sync(...members: readonly BalancerMember[]): Promise<SyncReport> {
    const syncing = this.balancer.sync(members, { signal: new AbortController().signal })
    syncing.catch(() => {})
    return syncing
  }

  /** Runs a program in the container, and gives what it printed. */
  async exec(...argv: readonly string[]): Promise<string> {
    const exec = await this.container.exec({
      Cmd: [...argv],
      AttachStdout: true,
      AttachStderr: true,
      Tty: true,
    })
    const stream = await exec.start({ hijack: true, stdin: false, Tty: true })
    return (await text(stream)).trim()
  }

  async stop(): Promise<void> {
    await this.balancer.close()
    await this.traffic.cleanup()
    await this.container.remove({ force: true }).catch(() => {})
    if (this.directory !== undefined) await rm(this.directory, { recursive: true, force: true })
  }
}

interface Made {
  readonly container: Docker.Container
  readonly address: string
  readonly gateway: string
}

async function make(
  docker: Docker,
  name: string,
  { command, isReadOnly = false }: RigOptions,
  directory: string | undefined,
): Promise<Made> {
  const container = await docker.createContainer({
    name,
    Image: image,
    StopSignal: 'SIGQUIT',
    ...(command === undefined ? {} : { Cmd: [...command] }),
    HostConfig: {
      ReadonlyRootfs: isReadOnly,
      Binds: directory === undefined ? [] : [`${directory}:/etc/nginx/conf.d`],
      ...(isReadOnly ? { Tmpfs: { '/run': '', '/var/lib/nginx': '', '/tmp': '' } } : {}),
    },
  })
  await container.start()
  const { NetworkSettings } = await container.inspect()
  // Podman calls its own network otherwise than Docker.
  const [network] = Object.values(NetworkSettings.Networks)
  const { IPAddress: address = '', Gateway: gateway = '' } = network ?? {}
  return { container, address, gateway }
}
