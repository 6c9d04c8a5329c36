import { FlotillaError, systemClock } from '@flotilla/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { NotRunning } from '../../../src/errors.js'
import { ContainerNginx } from '../../../src/reach/container/container-nginx.js'
import { FakeContainer } from '../../fakes/fake-container.js'
import { forever } from '../../sample.js'

const call = { signal: forever }
const configFile = '/etc/nginx/conf.d/backend.conf'
let container = new FakeContainer()
let nginx = newNginx()

function newNginx(timeoutMs = 10_000): ContainerNginx {
  const program = { binary: 'nginx', mainConfigFile: undefined }
  return new ContainerNginx({
    container,
    configFile,
    frontHost: undefined,
    timeoutMs,
    clock: systemClock,
    ...program,
  })
}

beforeEach(() => {
  container = new FakeContainer()
  nginx = newNginx()
})

describe('an Nginx in a container', () => {
  it('gives back what was written, which was never half in its place', async () => {
    expect(await nginx.look(call)).toMatchObject({ text: undefined })
    container.calls.length = 0
    await nginx.write('upstream x {}\n', call)
    expect(container.calls).toEqual([
      'upload /etc/nginx/conf.d',
      `exec mv -f ${configFile}.tmp ${configFile}`,
    ])
    expect(await nginx.look(call)).toMatchObject({ text: 'upstream x {}\n' })
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

  it.each([
    ['exited', 'is stopped (exited, exit code 0): docker start nginx-lb'],
    ['paused', 'is paused: docker unpause nginx-lb'],
    ['created', 'was never started: docker start nginx-lb'],
    ['restarting', 'restarts again and again (exit code 0): docker logs nginx-lb'],
  ])('that is %s is said to be so, before anything is put into it', async (status, words) => {
    container.state = { ...container.state, status }
    await expect(nginx.look(call)).rejects.toMatchObject({
      code: 'unavailable',
      message: `look at nginx in container nginx-lb: container nginx-lb ${words}`,
    })
    expect(container.calls).toEqual(['inspect'])
  })

  it('that is not there is not found', async () => {
    container.faults.inspect = new FlotillaError('not-found', 'inspect: No such container')
    await expect(nginx.look(call)).rejects.toThrow(NotRunning)
    await expect(nginx.look(call)).rejects.toMatchObject({
      code: 'not-found',
      message: 'look at nginx in container nginx-lb: there is no container nginx-lb; start one of that name',
    })
  })

  it('is reached at its own addresses and published ports, or where its user says', async () => {
    const published = [{ host: '127.0.0.1', from: 80, to: 8080 }]
    container.state = { ...container.state, addresses: ['172.18.0.2'], published }
    expect((await nginx.look(call)).vantages).toEqual([
      { host: '172.18.0.2' },
      { host: '127.0.0.1', published: { from: 80, to: 8080 } },
    ])
    const program = { binary: 'nginx', mainConfigFile: undefined, timeoutMs: 1000, clock: systemClock }
    const told = new ContainerNginx({ container, configFile, frontHost: 'lb1', ...program })
    expect((await told.look(call)).vantages).toEqual([{ host: 'lb1' }])
  })

  it('tells a binary upgrade in which two masters take connections', async () => {
    container.processes = [
      ...container.processes,
      ['20', '10', 'nginx: master process nginx'],
      ['21', '20', 'nginx: worker process'],
    ]
    expect((await nginx.look(call)).upgrade).toEqual({ oldPid: 10, newPid: 20 })
    container.processes = container.processes.map((fields) =>
      fields[0] === '11' ? ['11', '10', 'nginx: worker process is shutting down'] : fields,
    )
    expect((await nginx.look(call)).upgrade).toBeUndefined()
  })

  it('is looked at by a shell inside where the engine lists no processes', async () => {
    container.processes = []
    container.answer = ([program]) =>
      program === 'sh'
        ? {
            exitCode: 0,
            stdout: '1 0 @77 nginx: master process nginx\n7 1 @78 nginx: worker process\n',
            stderr: '',
          }
        : undefined
    expect(await nginx.workers([], call)).toEqual([{ id: '7@78', isLeaving: false }])
    await nginx.reload(call)
    expect(container.calls).toContain('signal SIGHUP')
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
    container.state = { ...container.state, mainPid: 9 }
    await nginx.reload(call)
    expect(container.calls).toContain('exec nginx -s reload')
    expect(container.calls).not.toContain('signal SIGHUP')
  })

  it('sees its workers, and which of them still run', async () => {
    container.processes = [...container.processes, ['12', '10', 'nginx: worker process is shutting down']]
    expect(await nginx.workers([], call)).toEqual([
      { id: '11', isLeaving: false },
      { id: '12', isLeaving: true },
    ])
    expect(await nginx.stillRunning(['12', '13'], call)).toEqual([{ id: '12', isLeaving: true }])
    container.processes = [['9', '1', '/bin/sh /start.sh']]
    await expect(nginx.workers([], call)).rejects.toThrow('does not run')
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
    await expect(nginx.workers([], call)).rejects.toMatchObject({ code: 'timeout' })
  })

  it('gives what it logged since', async () => {
    const errorsSince = await nginx.watchErrors()
    container.log = '2026/11/21 [emerg] 1#1: no'
    expect(await errorsSince(call)).toBe(container.log)
  })
})
