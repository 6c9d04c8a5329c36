import type { BalancerMember, SyncReport } from '@flotilla/core'
import { httpTraffic, type HttpTraffic } from '@flotilla/core/testing'
import { nginx, type Nginx, type NginxOptions } from '../../src/index.js'
import { freePort, RealNginx, type RealNginxOptions } from './real-nginx.js'

export const nothing = { drained: [], cut: [], readmitted: [] }

/** A real Nginx with a balancer on it, and traffic through both. */
export class HostRig {
  readonly real: RealNginx
  readonly port: number
  readonly traffic: HttpTraffic
  readonly #options: Partial<NginxOptions>
  balancer: Nginx

  private constructor(real: RealNginx, port: number, options: Partial<NginxOptions>) {
    this.real = real
    this.port = port
    this.#options = options
    this.traffic = httpTraffic({ url: () => `http://127.0.0.1:${port}` })
    this.balancer = this.newBalancer()
  }

  static async start(
    options: Partial<NginxOptions> = {},
    main: RealNginxOptions = { main: 'worker_shutdown_timeout 5s;' },
  ): Promise<HostRig> {
    return new HostRig(await RealNginx.start(main), await freePort(), options)
  }

  /** Another one on the same Nginx: a controller's next life, or one that is set up otherwise. */
  newBalancer(more: Partial<NginxOptions> = {}): Nginx {
    const { configFile, mainConfigFile } = this.real
    return nginx({
      upstream: 'backend',
      listen: `127.0.0.1:${this.port}`,
      configFile,
      mainConfigFile,
      drainTimeoutMs: 5000,
      reloadTimeoutMs: 5000,
      ...this.#options,
      ...more,
    })
  }

  sync(...members: readonly BalancerMember[]): Promise<SyncReport> {
    const syncing = this.balancer.sync(members, { signal: new AbortController().signal })
    syncing.catch(() => {})
    return syncing
  }

  /** Who answers a request now; the status when nobody does. */
  async answerer(): Promise<string | number> {
    const { status, memberId } = await this.traffic.request()
    return memberId ?? status
  }

  async stop(): Promise<void> {
    await this.balancer.close()
    await this.traffic.cleanup()
    await this.real.stop()
  }
}
