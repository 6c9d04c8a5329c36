import { disposable } from '@flotilla/core/authoring'
import type { NginxApi } from './nginx-api.js'
import { NginxBalancer, type Nginx } from './nginx-balancer.js'
import type { NginxOptions } from './options.js'
import { CommandsNginx } from './reach/commands/commands-nginx.js'
import { ContainerNginx } from './reach/container/container-nginx.js'
import { DockerodeContainer } from './reach/container/dockerode-container.js'
import { openEngine } from './reach/container/docker-engine.js'
import { HostNginx } from './reach/host/host-nginx.js'
import { ShellNginx } from './reach/commands/shell-nginx.js'
import { settingsFrom, type NginxSettings } from './options/settings.js'
import { HttpStatusPage } from './status/status-page.js'

/**
 * An Nginx whose upstream follows the group: on this host, in a container, or wherever the user's own commands reach.
 *
 * `sync` rejects with `invalid-options` when a member will not do or Nginx refuses what the options led to; `conflict`
 * when the file is somebody else's; `not-found` when there is no such container; `permission-denied`; `unavailable` when
 * Nginx does not run, a name does not resolve, or the disk is full; `timeout`; `closed`. What it was before stays in force.
 *
 * @throws FlotillaError `invalid-options`
 *
 * @example
 * ```ts
 * import { nginx } from '@flotilla/balancer-nginx'
 *
 * const front = nginx({ upstream: 'web', listen: 80 })
 * ```
 */
export function nginx(options: NginxOptions): Nginx & AsyncDisposable {
  const settings = settingsFrom(options)
  const { statusUrl: url, timeoutMs, clock } = settings
  const page = url === undefined ? undefined : new HttpStatusPage({ url, timeoutMs, clock })
  return disposable(new NginxBalancer({ settings, api: apiFor(settings), page }))
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
