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
  readonly address: string
  readonly traffic: HttpTraffic
  readonly container: Docker.Container
  readonly directory: string | undefined
  balancer: Nginx

  private constructor(
    container: Docker.Container,
    found: { readonly name: string; readonly address: string; readonly gateway: string },
    options: RigOptions,
    directory: string | undefined,
  ) {
    this.container = container
    this.name = found.name
    this.address = found.address
    this.directory = directory
    this.traffic = httpTraffic({ url: () => `http://${found.address}:80`, memberHost: found.gateway })
    this.balancer = nginx({
      container: found.name,
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
    const container = await docker.createContainer({
      name,
      Image: image,
      StopSignal: 'SIGQUIT',
      ...(options.command === undefined ? {} : { Cmd: [...options.command] }),
      HostConfig: {
        ReadonlyRootfs: options.isReadOnly === true,
        Binds: directory === undefined ? [] : [`${directory}:/etc/nginx/conf.d`],
        ...(options.isReadOnly === true ? { Tmpfs: { '/run': '', '/var/lib/nginx': '', '/tmp': '' } } : {}),
      },
    })
    await container.start()
    const { NetworkSettings } = await container.inspect()
    const { IPAddress: address = '', Gateway: gateway = '' } = NetworkSettings.Networks['bridge'] ?? {}
    const rig = new ContainerRig(container, { name, address, gateway }, options, directory)
    await rig.untilRunning()
    return rig
  }

  /** Until the master has written its number down. */
  async untilRunning(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      const { Processes } = (await this.container.top()) as {
        readonly Processes: readonly (readonly string[])[]
      }
      if (Processes.some((fields) => fields.join(' ').includes('nginx: worker process'))) return
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
    const stream = await exec.start({ hijack: true, stdin: false })
    return (await text(stream)).trim()
  }

  async stop(): Promise<void> {
    await this.balancer.close()
    await this.traffic.cleanup()
    await this.container.remove({ force: true }).catch(() => {})
    if (this.directory !== undefined) await rm(this.directory, { recursive: true, force: true })
  }
}
