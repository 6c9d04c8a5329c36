import { describe, expect, it } from 'vitest'
import { containerBody } from '../../src/launch/container-body.js'
import type { DockerOptions } from '../../src/options.js'
import { readOptions } from '../../src/options/settings.js'

const least = { image: 'web:1' }

describe('a container', () => {
  const body = (options: Partial<DockerOptions>, isRemote = false): unknown =>
    containerBody(
      readOptions({ ...least, ...options }).template,
      { group: 'web', token: 't1', templateHash: 'abc', scope: undefined },
      isRemote,
    )

  it('is asked for with its labels, an init, and no restart by Docker', () => {
    expect(body({ labels: { team: 'a' } })).toEqual({
      Image: 'web:1',
      Env: [],
      Labels: { team: 'a', 'flotilla.group': 'web', 'flotilla.token': 't1', 'flotilla.template': 'abc' },
      HostConfig: { Init: true, RestartPolicy: { Name: 'no' } },
    })
  })

  it('is asked for with all that the options say', () => {
    const options: DockerOptions = {
      image: 'web:1',
      port: 8080,
      command: ['serve'],
      entrypoint: ['/bin/app'],
      env: { A: 'b=c' },
      network: 'net',
      cpus: 0.5,
      memoryBytes: 64 * 2 ** 20,
      volumes: ['data:/data:ro'],
      restart: 'on-failure',
      init: false,
      stopSignal: 'SIGQUIT',
      user: 'app',
      workingDir: '/srv',
      extraHosts: ['db:10.0.0.7'],
      hostConfig: { ReadonlyRootfs: true },
    }
    expect(body(options)).toMatchObject({
      Cmd: ['serve'],
      Entrypoint: ['/bin/app'],
      Env: ['A=b=c'],
      StopSignal: 'SIGQUIT',
      User: 'app',
      WorkingDir: '/srv',
      HostConfig: {
        ReadonlyRootfs: true,
        Init: false,
        RestartPolicy: { Name: 'on-failure' },
        NetworkMode: 'net',
        NanoCpus: 5e8,
        Memory: 64 * 2 ** 20,
        Binds: ['data:/data:ro'],
        ExtraHosts: ['db:10.0.0.7'],
      },
    })
  })

  it('publishes its port where it can be reached from, and lets Docker choose one', () => {
    const bindings = (options: Partial<DockerOptions>, isRemote: boolean): unknown =>
      (
        body({ port: 80, address: 'published', ...options }, isRemote) as {
          HostConfig: { PortBindings: unknown }
        }
      ).HostConfig.PortBindings
    expect(bindings({}, false)).toEqual({ '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] })
    expect(bindings({}, true)).toEqual({ '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '' }] })
    expect(bindings({ publishOn: '10.1.2.3' }, true)).toEqual({
      '80/tcp': [{ HostIp: '10.1.2.3', HostPort: '' }],
    })
  })
})
