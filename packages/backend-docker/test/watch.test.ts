import type { InstanceChange } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { DockerBackend } from '../src/backend.js'
import { readOptions } from '../src/options/settings.js'
import { template } from './docker-kit.js'
import { fakeEngine } from '../../docker-engine/test/fakes/fake-engine.js'
import { FakeDocker } from '../../docker-engine/test/fakes/fake-docker.js'

const forever = (): AbortSignal => new AbortController().signal
const call = { signal: forever() }

function bench() {
  const clock = new FakeClock()
  const fake = new FakeDocker({ clock })
  const engine = fakeEngine(fake, { clock })
  const backend = new DockerBackend(readOptions(template), { engine, isShared: true })
  return { clock, fake, engine, backend }
}

interface Watcher {
  readonly heard: InstanceChange[]
  /** What it ended with, or undefined for an end without an error. */
  readonly ended: Promise<unknown>
  stop(): void
}

function watch(backend: DockerBackend, group: string): Watcher {
  const controller = new AbortController()
  const heard: InstanceChange[] = []
  const ended = (async () => {
    try {
      for await (const change of backend.watch(group, { signal: controller.signal })) heard.push(change)
      return undefined
    } catch (error) {
      return error
    }
  })()
  return { heard, ended, stop: () => controller.abort(new Error('enough')) }
}

describe('watch', () => {
  it('says first that it listens now, for what happened before is found by listing', async () => {
    const { clock, backend } = bench()
    const watcher = watch(backend, 'web')
    await clock.settle()
    expect(watcher.heard).toEqual([{ what: 'Docker tells of changes from now on' }])
    watcher.stop()
    expect(await watcher.ended).toBeUndefined()
  })

  it('tells each group of its own, over one connection for all', async () => {
    const { clock, fake, backend } = bench()
    const watchers = ['web', 'api', 'jobs'].map((group) => watch(backend, group))
    await clock.settle()
    const { id } = await backend.launch({ group: 'api', token: 't' }, call)
    fake.crash(id, 137)
    await backend.terminate('api', [id], call)
    await clock.settle()
    expect(fake.count('openEvents')).toBe(1)
    const [web, api, jobs] = watchers.map(({ heard }) => heard.slice(1).map(({ what }) => what))
    expect(web).toEqual([])
    expect(jobs).toEqual([])
    expect(api).toEqual(['started', 'exited with code 137 (SIGKILL)', 'removed'])
    for (const watcher of watchers) watcher.stop()
    await clock.settle()
    expect(fake.events.streamCount).toBe(0)
  })

  it('makes a list that comes after an event see what it was about', async () => {
    const { clock, fake, backend } = bench()
    const { id } = await backend.launch({ group: 'web', token: 't' }, call)
    const watcher = watch(backend, 'web')
    await clock.settle()
    expect(await backend.list('web', call)).toMatchObject([{ status: 'running' }])
    fake.crash(id, 1)
    await clock.settle()
    expect(await backend.list('web', call)).toMatchObject([{ status: 'stopped' }])
    watcher.stop()
  })

  it('remembers that memory ran out, which Docker itself does not always', async () => {
    const { clock, fake, backend } = bench()
    const { id } = await backend.launch({ group: 'web', token: 't' }, call)
    const watcher = watch(backend, 'web')
    await clock.settle()
    fake.events.tell('oom', fake.get(id))
    fake.crash(id, 137)
    await clock.settle()
    expect(await backend.list('web', call)).toMatchObject([
      { statusReason: 'ran out of memory, exit code 137' },
    ])
    watcher.stop()
  })

  it('tells everybody when the daemon goes away, and listens anew when asked to', async () => {
    const { clock, fake, backend } = bench()
    const watchers = ['web', 'api'].map((group) => watch(backend, group))
    await clock.settle()
    fake.goDown()
    for (const { ended } of watchers) expect(await ended).toMatchObject({ code: 'unavailable' })
    const early = watch(backend, 'web')
    expect(await early.ended).toMatchObject({ code: 'unavailable' })
    fake.isDown = false
    const later = watch(backend, 'web')
    await clock.settle()
    await backend.launch({ group: 'web', token: 't' }, call)
    await clock.settle()
    expect(later.heard.map(({ what }) => what)).toEqual(['Docker tells of changes from now on', 'started'])
    later.stop()
    expect(await later.ended).toBeUndefined()
  })

  it('notices a daemon that no longer answers, though its connection stays open', async () => {
    const { clock, fake, backend } = bench()
    const watcher = watch(backend, 'web')
    await clock.settle()
    fake.arm('ping', { kind: 'hang' })
    let error: unknown
    void watcher.ended.then((found) => (error = found))
    await clock.advance(60_000)
    expect(error).toMatchObject({ code: 'timeout' })
    expect(fake.events.streamCount).toBe(0)
  })

  it('gives up on a connection that is never made', async () => {
    const { clock, fake, backend } = bench()
    fake.arm('openEvents', { kind: 'hang' })
    const watcher = watch(backend, 'web')
    expect(await clock.runUntil(watcher.ended)).toMatchObject({ code: 'timeout' })
  })

  it('ends without an error on close', async () => {
    const { clock, backend } = bench()
    const watcher = watch(backend, 'web')
    await clock.settle()
    await backend.close()
    expect(await watcher.ended).toBeUndefined()
    expect(() => backend.watch('web', call)).toThrow(expect.objectContaining({ code: 'closed' }))
  })

  it('hears of a health check and of a pause, for they put it out of service', async () => {
    const { clock, fake, backend } = bench()
    const { id } = await backend.launch({ group: 'web', token: 't' }, call)
    const watcher = watch(backend, 'web')
    await clock.settle()
    for (const action of ['health_status: unhealthy', 'pause', 'unpause', 'exec_start: true']) {
      fake.events.tell(action, fake.get(id))
    }
    await clock.settle()
    expect(watcher.heard.slice(1).map(({ what }) => what)).toEqual([
      'its HEALTHCHECK says unhealthy',
      'paused',
      'goes on after a pause',
    ])
    watcher.stop()
  })

  it('hears Podman, whose filters know neither a label nor every event', async () => {
    const { clock, fake, backend } = bench()
    fake.components = [{ Name: 'Podman Engine', Version: '4.3.1' }]
    const foreign = fake.addForeign('somebody')
    const watcher = watch(backend, 'web')
    await clock.settle()
    const { id } = await backend.launch({ group: 'web', token: 't' }, call)
    for (const action of ['init', 'cleanup', 'died', 'remove']) fake.events.tell(action, fake.get(id))
    fake.events.tell('start', fake.get(foreign))
    await clock.settle()
    const heard = watcher.heard.slice(1).map(({ what }) => what)
    expect(heard).toEqual(['started', 'exited', 'removed'])
    watcher.stop()
  })
})
