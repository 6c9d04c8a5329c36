import type { ContainerBody } from '@flotilla/docker-engine'
import { writeLabel, type Label } from '../labels.js'
import type { Template } from '../options/settings.js'

/**
 * What the engine is asked to create for one launch.
 *
 * @param isRemote - whether a published port is to be reached from another host
 */
export function containerBody(template: Template, label: Label, isRemote: boolean): ContainerBody {
  const { image, port, command, entrypoint, env, labels, stopSignal, user, workingDir, address } = template
  const exposed = address === 'published' ? { [`${port}/tcp`]: {} } : undefined
  return {
    Image: image,
    ...given({
      Cmd: command,
      Entrypoint: entrypoint,
      StopSignal: stopSignal,
      User: user,
      WorkingDir: workingDir,
      ExposedPorts: exposed,
    }),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...labels, ...writeLabel(label) },
    HostConfig: hostConfig(template, isRemote ? '0.0.0.0' : '127.0.0.1'),
  }
}

function hostConfig(template: Template, usualHostIp: string): Readonly<Record<string, unknown>> {
  const {
    port,
    network,
    address,
    publishOn = usualHostIp,
    cpus,
    memoryBytes,
    volumes,
    restart,
    init,
    extraHosts,
  } = template
  return {
    ...template.hostConfig,
    Init: init,
    RestartPolicy: { Name: restart },
    ...given({
      NetworkMode: network,
      NanoCpus: cpus === undefined ? undefined : Math.round(cpus * 1e9),
      Memory: memoryBytes,
      Binds: volumes.length === 0 ? undefined : volumes,
      ExtraHosts: extraHosts.length === 0 ? undefined : extraHosts,
      // An empty port lets Docker choose one that is free.
      PortBindings:
        address === 'published' ? { [`${port}/tcp`]: [{ HostIp: publishOn, HostPort: '' }] } : undefined,
    }),
  }
}

/** The fields that have a value: the engine takes null for a wish of its own. */
function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
