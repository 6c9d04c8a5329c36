import { FlotillaError, type Backend, type Instance } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import type { PullProgress } from '@flotilla/docker-engine'
import type { DockerOptions } from '../src/options.js'
import { fakeDockerBackend } from './docker-kit.js'
import {
  FakeDocker,
  type DockerCall,
  type FakeDockerOptions,
} from '../../docker-engine/test/fakes/fake-docker.js'
import { dockerError } from '../../docker-engine/test/fakes/fake-errors.js'

const forever = (): AbortSignal => new AbortController().signal

interface Bench {
  readonly fake: FakeDocker
  readonly clock: FakeClock
  readonly backend: Backend
  readonly launch: (token?: string, signal?: AbortSignal) => Promise<Instance>
  readonly list: () => Promise<readonly Instance[]>
}

function bench(options: Partial<DockerOptions> = {}, engine: FakeDockerOptions = {}): Bench {
  const clock = new FakeClock()
  const fake = new FakeDocker({ clock, ...engine })
  const backend = fakeDockerBackend(fake, { clock, options, timeoutMs: 1000 })
  return {
    fake,
    clock,
    backend,
    launch: async (token = 't1', signal = forever()) =>
      clock.runUntil(backend.launch({ group: 'web', token }, { signal })),
    list: async () => backend.list('web', { signal: forever() }),
  }
}

async function failureOf(promise: Promise<unknown>): Promise<FlotillaError> {
  const error: unknown = await promise.then(
    () => 'it should have failed',
    (thrown: unknown) => thrown,
  )
  if (error instanceof FlotillaError) return error
  throw error
}

describe('launch', () => {
  it('creates, starts and looks: three calls', async () => {
    const { fake, launch } = bench()
    const instance = await launch()
    expect(fake.calls).toEqual(['createContainer', 'startContainer', 'inspectContainer'])
    expect(instance).toMatchObject({ group: 'web', token: 't1', name: 'web-t1', status: 'running' })
    expect(instance.address).toEqual({ host: expect.stringMatching(/^172\.18\./) as string, port: 8080 })
  })

  const lossy: readonly DockerCall[] = ['createContainer', 'startContainer', 'inspectContainer']
  for (const call of lossy) {
    it(`finds what it made when the reply to ${call} is lost`, async () => {
      const { fake, launch, list } = bench()
      fake.arm(call, { kind: 'lose-reply' })
      const { id } = await launch()
      expect((await list()).map((instance) => [instance.id, instance.status])).toEqual([[id, 'running']])
      expect(fake.containers.size).toBe(1)
    })
  }

  it('starts what a killed controller had created and not started', async () => {
    const { fake, clock, launch, list } = bench()
    fake.arm('startContainer', { kind: 'hang' })
    await failureOf(launch())
    // Another program might be at it.
    const [leftover] = await list()
    expect(leftover).toMatchObject({ status: 'pending' })
    await clock.advance(30_000)
    expect(await list()).toMatchObject([{ id: leftover?.id, status: 'failed' }])
    const again = fakeDockerBackend(fake, { clock })
    const instance = await again.launch({ group: 'web', token: 't1' }, { signal: forever() })
    expect(instance).toMatchObject({ id: leftover?.id, status: 'running' })
  })

  it('makes anew what was half made of an older template', async () => {
    const { fake, clock, launch } = bench()
    fake.arm('startContainer', { kind: 'hang' })
    await failureOf(launch())
    const [older] = fake.containers.keys()
    const newer = fakeDockerBackend(fake, { clock, options: { env: { VERSION: '2' } } })
    const instance = await clock.runUntil(newer.launch({ group: 'web', token: 't1' }, { signal: forever() }))
    expect(instance.id).not.toBe(older)
    expect(instance.templateHash).toBe(newer.templateHash)
    expect(fake.containers.size).toBe(1)
  })

  it('returns what runs of an older template as it is: the same token is one machine', async () => {
    const { fake, clock, backend, launch } = bench()
    const { id } = await launch()
    const newer = fakeDockerBackend(fake, { clock, options: { env: { VERSION: '2' } } })
    const again = await newer.launch({ group: 'web', token: 't1' }, { signal: forever() })
    expect(again).toMatchObject({ id, templateHash: backend.templateHash })
    expect(newer.templateHash).not.toBe(backend.templateHash)
  })

  it('returns a machine that has crashed since as it is', async () => {
    const { fake, launch } = bench()
    const { id } = await launch()
    fake.crash(id, 3)
    expect(await launch()).toMatchObject({ id, status: 'stopped', statusReason: 'exited with code 3' })
  })

  it('waits for one of its name that is being removed, and makes its own', async () => {
    const { fake, clock, launch } = bench()
    const { id } = await launch()
    const old = fake.get(id)
    Object.assign(old, { state: 'removing', isBeingRemoved: true })
    const launched = launch()
    await clock.advance(100)
    fake.containers.delete(id)
    expect((await launched).id).not.toBe(id)
  })

  const strangers: readonly (readonly [whose: string, labels: Readonly<Record<string, string>>])[] = [
    ['without labels', {}],
    ['of another group', { 'flotilla.group': 'web-t', 'flotilla.token': '1' }],
    [
      'of another controller',
      { 'flotilla.group': 'web', 'flotilla.token': 't1', 'flotilla.scope': 'theirs' },
    ],
  ]
  for (const [whose, labels] of strangers) {
    it(`leaves a container ${whose} alone that has the name, and says conflict`, async () => {
      const { fake, launch, list } = bench()
      const id = fake.addForeign('web-t1', labels)
      const error = await failureOf(launch())
      expect(error.code).toBe('conflict')
      expect(error.message).toContain(id.slice(0, 12))
      expect(fake.get(id).isRunning).toBe(true)
      expect(await list()).toEqual([])
    })
  }

  it('does not mistake a container with the same prefix for its own', async () => {
    const { fake, launch, list } = bench()
    const stranger = fake.addForeign('web-t1-sidecar')
    const { id } = await launch()
    expect((await list()).map((instance) => instance.id)).toEqual([id])
    expect(fake.get(stranger).isRunning).toBe(true)
  })

  it('outlives a daemon that is away for a moment', async () => {
    const { fake, clock, launch, list } = bench()
    fake.isDown = true
    const launched = launch()
    await clock.advance(300)
    fake.isDown = false
    await launched
    expect(await list()).toHaveLength(1)
  })

  it('gives up on a daemon that stays away, within a bound, and names the socket', async () => {
    const { fake, clock, launch } = bench()
    fake.isDown = true
    const startedMs = clock.monotonic()
    const error = await failureOf(launch())
    expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    expect(error.message).toMatch(
      /cannot reach Docker at unix:\/\/\/var\/run\/docker\.sock.*is the daemon running\?/,
    )
    expect(clock.monotonic() - startedMs).toBeLessThan(5000)
    expect(fake.calls.length).toBeLessThan(20)
  })

  it('removes what Docker refused to start, and tells why', async () => {
    const { fake, launch } = bench()
    const message =
      'driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated'
    fake.arm('startContainer', { kind: 'fail', error: dockerError(500, message) })
    const error = await failureOf(launch())
    expect(error.code).toBe('no-capacity')
    expect(error.message).toContain('port is already allocated')
    expect(fake.containers.size).toBe(0)
  })

  it('frees its name in a network where a killed daemon has left it', async () => {
    const { fake, launch } = bench()
    fake.staleEndpoints.add('net/web-t1')
    expect((await launch()).status).toBe('running')
    expect(fake.calls).toEqual([
      'createContainer',
      'startContainer',
      'disconnect',
      'startContainer',
      'inspectContainer',
    ])
  })

  it('says that somebody removed the container while it was started', async () => {
    const { fake, launch } = bench()
    fake.arm('startContainer', {
      kind: 'fail',
      error: dockerError(404, 'No such container: x', 'no such container'),
    })
    expect(await failureOf(launch())).toMatchObject({ code: 'launch-failed' })
  })

  it('shows nothing of what it may still take back, so that nobody is said to have ended it', async () => {
    const { fake, clock, backend, list } = bench()
    const message = 'network nosuch not found'
    fake.arm('startContainer', { kind: 'hang' })
    const launched = failureOf(backend.launch({ group: 'web', token: 't1' }, { signal: forever() }))
    await clock.advance(10)
    expect(fake.containers.size).toBe(1)
    expect(await list()).toEqual([])
    await clock.runUntil(launched)
    fake.containers.clear()
    fake.arm('startContainer', { kind: 'fail', error: dockerError(404, message, 'no such container') })
    await failureOf(backend.launch({ group: 'web', token: 't2' }, { signal: forever() }))
    expect(await list()).toEqual([])
  })

  const refusals: readonly (readonly [
    option: keyof DockerOptions,
    call: DockerCall,
    status: number,
    said: string,
  ])[] = [
    ['network', 'startContainer', 404, 'network nosuch not found'],
    [
      'network',
      'createContainer',
      500,
      'container create: unable to find network with name or ID nosuch: network not found',
    ],
    ['user', 'startContainer', 400, 'unable to find user app: no matching entries in passwd file'],
    [
      'cpus',
      'createContainer',
      400,
      'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available',
    ],
    [
      'init',
      'createContainer',
      500,
      'container-init binary not found on the host: stat catatonit: no such file',
    ],
    [
      'command',
      'startContainer',
      400,
      'failed to create shim task: OCI runtime create failed: exec: "/bin/nosuch": stat /bin/nosuch: no such file or directory',
    ],
  ]
  for (const [option, call, status, said] of refusals) {
    it(`says that the option ${option} is what the engine refuses: ${said.slice(0, 40)}`, async () => {
      const { fake, launch, list } = bench({ network: 'nosuch', user: 'app' })
      fake.arm(call, { kind: 'fail', error: dockerError(status, said) })
      const error = await failureOf(launch())
      expect(error).toMatchObject({ code: 'invalid-template', retryable: false, field: option })
      expect(error.message).toContain(`look at the option ${option}: `)
      expect(await list()).toEqual([])
      expect(fake.containers.size).toBe(0)
    })
  }

  it('takes over what has its name on Podman too, which says so with another status', async () => {
    const { fake, launch } = bench()
    fake.components = [{ Name: 'Podman Engine', Version: '4.3.1' }]
    const { id } = await launch()
    expect(await launch()).toMatchObject({ id })
    expect(fake.containers.size).toBe(1)
  })
})

describe('a launch that is aborted', () => {
  const moments: readonly (readonly [DockerCall, 'hang' | 'hang-after'])[] = [
    ['createContainer', 'hang-after'],
    ['startContainer', 'hang'],
    ['startContainer', 'hang-after'],
  ]
  for (const [call, kind] of moments) {
    it(`is answered soon while ${call} gets no answer (${kind}), and is cleaned up or listed`, async () => {
      const { fake, clock, backend, list } = bench()
      fake.arm(call, { kind })
      const controller = new AbortController()
      const reason = new Error('enough')
      const launched = backend.launch({ group: 'web', token: 't1' }, { signal: controller.signal })
      const outcome = launched.then(
        () => 'resolved',
        (error: unknown) => error,
      )
      await clock.advance(10)
      controller.abort(reason)
      await clock.advance(1000)
      expect(await outcome).toBe(reason)
      // What was begun ends within its bound, behind the caller's back.
      await clock.runUntil(backend.close())
      const after = fakeDockerBackend(fake, { clock })
      const shown = await after.list('web', { signal: forever() })
      expect(shown).toHaveLength(fake.containers.size)
      await clock.runUntil(
        after.terminate(
          'web',
          shown.map(({ id }) => id),
          { signal: forever() },
        ),
      )
      expect(fake.containers.size).toBe(0)
      await expect(list()).rejects.toMatchObject({ code: 'closed' })
    })
  }

  it('removes what was created when nothing hangs', async () => {
    const { fake, clock, backend } = bench()
    const controller = new AbortController()
    const launched = backend.launch({ group: 'web', token: 't1' }, { signal: controller.signal })
    const outcome = launched.then(
      () => 'resolved',
      (error: unknown) => error,
    )
    controller.abort(new Error('enough'))
    await clock.runUntil(backend.close())
    expect(await outcome).toMatchObject({ message: 'enough' })
    expect(fake.containers.size).toBe(0)
  })

  it('does not hold up the next launch of its token', async () => {
    const { fake, clock, backend, launch } = bench()
    const controller = new AbortController()
    const first = backend.launch({ group: 'web', token: 't1' }, { signal: controller.signal })
    const outcome = first.then(
      () => 'resolved',
      (error: unknown) => error,
    )
    const second = launch('t1')
    controller.abort(new Error('enough'))
    expect((await second).status).toBe('running')
    await outcome
    await clock.settle()
    expect(fake.containers.size).toBe(1)
  })
})

describe('an image that is not there', () => {
  const registry = ['web:9']

  it('is pulled, and how it goes is told', async () => {
    const heard: PullProgress[] = []
    const { fake, launch } = bench(
      { image: 'web:9', onPull: (progress) => heard.push(progress) },
      { registry },
    )
    await launch()
    expect(fake.calls.slice(0, 3)).toEqual(['createContainer', 'pullImage', 'createContainer'])
    expect(heard).toEqual([{ status: 'Downloading', layer: 'a3ed95caeb02', currentBytes: 1, totalBytes: 2 }])
  })

  it('is pulled though the listener throws', async () => {
    const onPull = (): never => {
      throw new Error('the listener’s own trouble')
    }
    const { launch } = bench({ image: 'web:9', onPull }, { registry })
    expect((await launch()).status).toBe('running')
  })

  it('is no template when nobody has it', async () => {
    const { launch, fake } = bench({ image: 'nosuch:1' })
    const error = await failureOf(launch())
    expect(error).toMatchObject({ code: 'invalid-template', retryable: false })
    expect(error.message).toContain('launch web-t1: pull nosuch:1')
    expect(fake.count('pullImage')).toBe(1)
  })

  it('is not pulled when that is not wanted', async () => {
    const { launch, fake } = bench({ image: 'web:9', pull: 'never' }, { registry })
    expect(await failureOf(launch())).toMatchObject({ code: 'invalid-template' })
    expect(fake.count('pullImage')).toBe(0)
  })

  it('is pulled before every launch where that is wanted', async () => {
    const { launch, fake } = bench({ image: 'web:9', pull: 'always' }, { registry })
    await launch('t1')
    await launch('t2')
    expect(fake.count('pullImage')).toBe(2)
  })

  it('is given up on when the pull takes too long', async () => {
    const { launch, fake } = bench({ image: 'web:9', pullTimeoutMs: 5000 }, { registry })
    fake.arm('pullImage', { kind: 'hang' })
    const error = await failureOf(launch())
    expect(error).toMatchObject({ code: 'timeout' })
    expect(error.message).toContain('5000 ms')
  })
})
