import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEngine } from '../../../src/reach/container/docker-engine.js'
import { DockerodeContainer } from '../../../src/reach/container/dockerode-container.js'
import { fileInTar, tarOf } from '../../../src/reach/container/tar.js'
import { FakeEngine } from '../../fakes/fake-engine.js'
import { forever } from '../../sample.js'

const call = { signal: forever }
let engine: FakeEngine
let container: DockerodeContainer

beforeEach(async () => {
  engine = await FakeEngine.start()
  container = new DockerodeContainer('nginx-lb', () => openEngine({ host: `unix://${engine.socketPath}` }))
})

afterEach(() => engine.stop())

const inspected = {
  Id: 'c1',
  State: { Status: 'running', Pid: 7, ExitCode: 0, StartedAt: '2026-01-01T00:00:00Z' },
  NetworkSettings: {
    Networks: { lab: { IPAddress: '172.18.0.2', GlobalIPv6Address: '' } },
    Ports: {
      '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }],
      '443/tcp': null,
      '53/udp': [{ HostIp: '', HostPort: '53' }],
    },
  },
}
const noContainer = { status: 404, json: { message: 'No such container: nginx-lb' } }

describe('a container through dockerode', () => {
  it('runs a program, and tells its outputs apart', async () => {
    engine.exec = { stdout: 'out\n', stderr: 'err\n', exitCode: 3 }
    expect(await container.exec(['nginx', '-t'], call)).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    const [create] = engine.requests
    expect(JSON.parse(create?.body.toString() ?? '')).toMatchObject({
      Cmd: ['nginx', '-t'],
      AttachStdout: true,
      AttachStderr: true,
    })
  })

  it('waits for an exit code that the engine does not know yet', async () => {
    engine.slowExits = 2
    engine.exec = { stdout: '', stderr: '', exitCode: 1 }
    expect(await container.exec(['nginx', '-t'], call)).toMatchObject({ exitCode: 1 })
  })

  it("rejects with the signal's reason while a program runs", async () => {
    engine.hangs = true
    const controller = new AbortController()
    const running = container.exec(['sleep', '100'], { signal: controller.signal })
    const reason = new Error('the caller gave up')
    setTimeout(() => controller.abort(reason), 50)
    await expect(running).rejects.toBe(reason)
  })

  it('uploads an archive into a directory', async () => {
    engine.answer = () => ({ status: 200 })
    await container.upload('/etc/nginx/conf.d', tarOf('x.tmp', Buffer.from('text'), 0o644), call)
    const [request] = engine.requests
    expect(request).toMatchObject({ method: 'PUT', path: '/containers/nginx-lb/archive' })
    expect(request?.query.get('path')).toBe('/etc/nginx/conf.d')
    expect(fileInTar(request?.body ?? Buffer.alloc(0))?.content.toString()).toBe('text')
  })

  it('downloads a file, and knows one that is not there from a container that is not there', async () => {
    const raw = tarOf('x', Buffer.from('text'), 0o644)
    engine.answer = () => ({ status: 200, raw })
    expect(await container.download('/x', call)).toEqual(raw)
    engine.answer = ({ path }) =>
      path.endsWith('/archive')
        ? { status: 404, json: { message: 'Could not find the file /x in container nginx-lb' } }
        : { status: 200, json: inspected }
    expect(await container.download('/x', call)).toBeUndefined()
    engine.answer = () => noContainer
    await expect(container.download('/x', call)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('lists processes, tells the first one, signals it, and reads the log', async () => {
    engine.answer = ({ path }) => {
      if (path.endsWith('/top')) return { status: 200, json: { Titles: ['PID'], Processes: [['7']] } }
      if (path.endsWith('/json')) return { status: 200, json: inspected }
      if (path.endsWith('/logs')) return { status: 200, raw: Buffer.from('a line\n') }
      return { status: 204 }
    }
    expect(await container.top(call)).toEqual({ titles: ['PID'], processes: [['7']] })
    expect(await container.inspect(call)).toEqual({
      id: 'c1',
      status: 'running',
      exitCode: 0,
      startedAt: '2026-01-01T00:00:00Z',
      mainPid: 7,
      addresses: ['172.18.0.2'],
      published: [{ host: '127.0.0.1', from: 80, to: 8080 }],
    })
    expect(container.isLocal).toBe(true)
    await container.signal('SIGHUP', call)
    expect(engine.requests.at(-1)?.query.get('signal')).toBe('SIGHUP')
    expect(await container.logs(1_700_000_000_500, call)).toContain('a line')
    expect(engine.requests.at(-1)?.query.get('since')).toBe('1700000000')
  })

  it.each([
    [404, 'No such container: nginx-lb', 'not-found'],
    [409, 'Container 4f3 is not running', 'unavailable'],
    [409, 'Container 4f3 is paused, unpause the container before exec', 'unavailable'],
    [500, 'container rootfs is marked read-only', 'permission-denied'],
    [403, 'mounted volume is marked read-only', 'permission-denied'],
    [500, 'write /x: no space left on device', 'no-capacity'],
  ])('%i %s', async (status, message, code) => {
    engine.answer = () => ({ status, json: { message } })
    await expect(container.upload('/x', Buffer.alloc(0), call)).rejects.toMatchObject({
      code,
      message: `upload to /x of container nginx-lb: Docker answered ${status}: ${message}`,
      cause: expect.objectContaining({ statusCode: status }),
    })
  })

  it('says that the engine cannot be reached', async () => {
    const nowhere = new DockerodeContainer('nginx-lb', () =>
      openEngine({ host: `unix://${engine.socketPath}.none` }),
    )
    await expect(nowhere.top(call)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ENOENT'),
    })
  })

  it('asks nothing once its signal has aborted', async () => {
    const reason = new Error('the caller gave up')
    await expect(container.top({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(engine.requests).toEqual([])
  })
})
