import { FlotillaError, systemClock } from '@flotilla/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { ContainerNginx } from '../../src/reach/container-nginx.js'
import { FakeContainer } from '../fake-container.js'
import { forever } from '../sample.js'

const call = { signal: forever }
const configFile = '/etc/nginx/conf.d/backend.conf'
let container = new FakeContainer()
let nginx = newNginx()

function newNginx(timeoutMs = 10_000): ContainerNginx {
  const program = { binary: 'nginx', mainConfigFile: undefined }
  return new ContainerNginx({ container, configFile, timeoutMs, clock: systemClock, ...program })
}

beforeEach(() => {
  container = new FakeContainer()
  nginx = newNginx()
})

describe('an Nginx in a container', () => {
  it('gives back what was written, which was never half in its place', async () => {
    expect(await nginx.read(call)).toBeUndefined()
    await nginx.write('upstream x {}\n', call)
    expect(await nginx.read(call)).toBe('upstream x {}\n')
    expect(container.calls.filter((name) => !name.startsWith('download'))).toEqual([
      'upload /etc/nginx/conf.d',
      `exec mv -f ${configFile}.tmp ${configFile}`,
    ])
    expect([...container.files.keys()]).toEqual([configFile])
    await nginx.remove(call)
    expect(container.files.size).toBe(0)
  })

  it('says what to do about a file that is mounted by itself', async () => {
    const stderr = "mv: can't rename '/etc/nginx/conf.d/backend.conf.tmp': Resource busy\n"
    container.answer = () => ({ exitCode: 1, stdout: '', stderr })
    await expect(nginx.write('x', call)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/nginx in container nginx-lb.*Resource busy.*mount its directory/),
    })
  })

  it('knows a read-only container', async () => {
    container.faults.upload = new FlotillaError('permission-denied', 'container rootfs is marked read-only')
    await expect(nginx.write('x', call)).rejects.toMatchObject({ code: 'permission-denied' })
  })

  it('gives the verdict of nginx, and does not take a missing program for one', async () => {
    container.answer = () => ({ exitCode: 1, stdout: '', stderr: 'nginx: [emerg] no servers in /x:1\n' })
    expect(await nginx.test(call)).toMatchObject({ isAccepted: false })
    container.answer = () => ({ exitCode: 127, stdout: 'exec: "nginx": not found in $PATH', stderr: '' })
    await expect(nginx.test(call)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('signals a master that is the first process', async () => {
    await nginx.reload(call)
    expect(container.calls).toContain('signal SIGHUP')
  })

  it('lets nginx find its master when a shell or a supervisor is the first process', async () => {
    container.processes = [
      ['9', '1', '/bin/sh /start.sh'],
      ['10', '9', 'nginx: master process nginx'],
    ]
    container.mainPidIs = 9
    await nginx.reload(call)
    expect(container.calls).toContain('exec nginx -s reload')
    expect(container.calls).not.toContain('signal SIGHUP')
  })

  it('sees its workers, and which of them still run', async () => {
    container.processes = [...container.processes, ['12', '10', 'nginx: worker process is shutting down']]
    expect(await nginx.workers(call)).toEqual([
      { id: '11', isLeaving: false },
      { id: '12', isLeaving: true },
    ])
    expect(await nginx.stillRunning(['12', '13'], call)).toEqual([{ id: '12', isLeaving: true }])
    container.processes = []
    await expect(nginx.workers(call)).rejects.toThrow('does not run')
    expect(await nginx.stillRunning(['12'], call)).toEqual([])
  })

  it('sees its connections, and says so when it cannot', async () => {
    const stdout = '0: 0100007F:C350 0201000A:1F90 01 0:0 0:0 0 0 0 7 1\n'
    container.answer = () => ({ exitCode: 1, stdout, stderr: 'cat: /proc/net/tcp6: No such file\n' })
    const targets = [
      { host: '10.0.1.2', port: 8080 },
      { host: '10.0.1.3', port: 8080 },
    ]
    expect(await nginx.connectedTo([], targets, call)).toEqual([true, false])
    container.answer = () => ({ exitCode: 126, stdout: '', stderr: 'cat: not found' })
    await expect(nginx.connectedTo([], targets, call)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('gives up on an engine that never answers', async () => {
    container.top = () => new Promise(() => {})
    nginx = newNginx(50)
    await expect(nginx.workers(call)).rejects.toMatchObject({ code: 'timeout' })
  })

  it('gives what it logged since', async () => {
    const errorsSince = await nginx.watchErrors()
    container.log = '2026/11/21 [emerg] 1#1: no'
    expect(await errorsSince(call)).toBe(container.log)
  })
})
