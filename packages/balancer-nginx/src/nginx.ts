import type { BalancerCheck, CallOptions, LoadBalancer, Metrics } from '@flotilla/core'
import type { NginxApi } from './nginx-api.js'
import { NginxBalancer } from './nginx-balancer.js'
import type { NginxOptions } from './options.js'
import { CommandsNginx } from './reach/commands-nginx.js'
import { ContainerNginx } from './reach/container-nginx.js'
import { DockerodeContainer } from './reach/dockerode-container.js'
import { openEngine } from './reach/docker-engine.js'
import { HostNginx } from './reach/host-nginx.js'
import { ShellNginx } from './reach/shell-nginx.js'
import { settingsFrom, type NginxSettings } from './settings.js'
import type { SetupReport } from './setup/setup-report.js'
import { HttpStatusPage } from './status/status-page.js'

/** Nginx as a load balancer, and as a source of metrics where its status can be asked: the same object is both. */
export interface Nginx extends LoadBalancer, Metrics {
  readonly name: string
  /**
   * Whether clients get what the last `sync` set, as they would ask: at each address of `listen`; without it, and where
   * nobody can ask from here, by our file and the whole configuration.
   */
  check(options: CallOptions): Promise<BalancerCheck>
  /**
   * Which setup this installation has, and what it promises: whether a client that keeps its connections can meet a
   * reload. Reads the whole configuration that is in the files now.
   *
   * @throws FlotillaError as `sync` does; `unsupported` where `commands` cannot tell
   */
  describeSetup(options: CallOptions): Promise<SetupReport>
  /** Leaves Nginx as it is, once an update under way has come to its end. `sync` rejects with `closed` from then on. */
  close(): Promise<void>
}

/**
 * An Nginx whose upstream follows the group: on this host, in a container, or wherever the user's own commands reach.
 *
 * `sync` rejects with `invalid-options` when a member will not do or Nginx refuses what the options led to; `conflict`
 * when the file is somebody else's; `not-found` when there is no such container; `permission-denied`; `unavailable` when
 * Nginx does not run, a name does not resolve, or the disk is full; `timeout`; `closed`. What it was before stays in force.
 *
 * @throws FlotillaError `invalid-options`
 */
export function nginx(options: NginxOptions): Nginx {
  const settings = settingsFrom(options)
  const { statusUrl: url, timeoutMs, clock } = settings
  const page = url === undefined ? undefined : new HttpStatusPage({ url, timeoutMs, clock })
  return new NginxBalancer({ settings, api: apiFor(settings), page })
}

function apiFor({ reach, configFile, frontHost, timeoutMs, clock }: NginxSettings): NginxApi {
  switch (reach.kind) {
    case 'host':
      return new HostNginx({ ...reach, configFile, timeoutMs, clock })
    case 'container': {
      const container = new DockerodeContainer(reach.name, () => openEngine(reach.docker))
      return new ContainerNginx({ ...reach, container, configFile, frontHost, timeoutMs, clock })
    }
    case 'commands':
      return new CommandsNginx({ commands: reach.commands, configFile, frontHost, timeoutMs })
    case 'shell':
      return new ShellNginx({ commands: reach.commands, frontHost, timeoutMs })
  }
}
