import { setMaxListeners } from 'node:events'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { DockerBackend } from '../src/backend.js'
import { readOptions } from '../src/options/settings.js'
import { fakeDockerBackend, template } from './docker-kit.js'
import { fakeEngine } from '../../docker-engine/test/fakes/fake-engine.js'
import { FakeDocker } from '../../docker-engine/test/fakes/fake-docker.js'

const forever = (): AbortSignal => new AbortController().signal
/** Never aborts, and has as many listeners as there are groups. */
const call = { signal: forever() }
setMaxListeners(0, call.signal)

function bench(groupCount: number) {
  const clock = new FakeClock()
  const fake = new FakeDocker({ clock })
  const engine = fakeEngine(fake, { clock })
  const groups = Array.from({ length: groupCount }, (_, index) => ({
    name: `g${index}`,
    backend: new DockerBackend(readOptions(template), { engine, isShared: true }),
  }))
  return { clock, fake, engine, groups }
}

describe('list', () => {
  it('is one call for all groups on an engine, however many there are', async () => {
    for (const count of [1, 10, 200]) {
      const { fake, groups } = bench(count)
      await Promise.all(
        groups.map(async ({ name, backend }) => backend.launch({ group: name, token: 't' }, call)),
      )
      fake.calls.length = 0
      const lists = await Promise.all(groups.map(async ({ name, backend }) => backend.list(name, call)))
      expect(fake.calls).toEqual(['listContainers'])
      expect(lists.map((list) => list.length)).toEqual(groups.map(() => 1))
    }
  })

  it('is at most a few calls a second for groups that tick at different times', async () => {
    const { clock, fake, groups } = bench(150)
    for (const { name, backend } of groups) {
      await backend.list(name, call)
      await clock.advance(100)
    }
    expect(fake.count('listContainers')).toBeLessThanOrEqual(15_000 / 500 + 1)
  })

  it('is asked anew after anything that this program did', async () => {
    const { fake, groups } = bench(2)
    const [mine, other] = groups
    if (mine === undefined || other === undefined) throw new Error('two groups')
    expect(await mine.backend.list(mine.name, call)).toEqual([])
    const { id } = await mine.backend.launch({ group: mine.name, token: 't' }, call)
    expect(await mine.backend.list(mine.name, call)).toHaveLength(1)
    await mine.backend.terminate(mine.name, [id], call)
    expect(await mine.backend.list(mine.name, call)).toEqual([])
    expect(fake.count('listContainers')).toBe(3)
  })

  it('is not answered by a call that began before what this program did was done', async () => {
    const { clock, fake, groups } = bench(1)
    const [{ name, backend } = { name: '', backend: undefined }] = groups
    if (backend === undefined) throw new Error('one group')
    fake.arm('listContainers', { kind: 'hang-after' })
    const slow = backend.list(name, call).catch(() => 'too late')
    await clock.settle()
    await backend.launch({ group: name, token: 't' }, call)
    expect(await backend.list(name, call)).toHaveLength(1)
    await clock.runUntil(slow)
  })

  it('asks again after a failure, and does not give that to others', async () => {
    const { fake, groups } = bench(1)
    const [{ name, backend } = { name: '', backend: undefined }] = groups
    fake.isDown = true
    await expect(backend?.list(name, call)).rejects.toMatchObject({ code: 'unavailable' })
    fake.isDown = false
    expect(await backend?.list(name, call)).toEqual([])
  })

  it('does not hold others to a caller that gave up on a call that never answers', async () => {
    const { clock, fake, groups } = bench(1)
    const [{ name, backend } = { name: '', backend: undefined }] = groups
    fake.arm('listContainers', { kind: 'hang' })
    const controller = new AbortController()
    const first = backend?.list(name, { signal: controller.signal }).catch((error: unknown) => error)
    await clock.settle()
    controller.abort(new Error('enough'))
    expect(await first).toMatchObject({ message: 'enough' })
    expect(await backend?.list(name, call)).toEqual([])
  })

  it('looks once at what stopped, for why, and not again', async () => {
    const { clock, fake, groups } = bench(1)
    const [{ name, backend } = { name: '', backend: undefined }] = groups
    const launched = await backend?.launch({ group: name, token: 't' }, call)
    fake.crash(launched?.id ?? '', 3)
    fake.calls.length = 0
    for (let tick = 0; tick < 5; tick += 1) {
      const shown = await backend?.list(name, call)
      expect(shown).toMatchObject([{ status: 'stopped', statusReason: 'exited with code 3' }])
      await clock.advance(15_000)
    }
    expect(fake.count('inspectContainer')).toBe(1)
    expect(fake.count('listContainers')).toBe(5)
  })

  it('leaves out what is removed while it is looked at', async () => {
    const { fake, groups } = bench(1)
    const [{ name, backend } = { name: '', backend: undefined }] = groups
    const launched = await backend?.launch({ group: name, token: 't' }, call)
    fake.crash(launched?.id ?? '', 3)
    const listed = backend?.list(name, call)
    fake.events.tell('destroy', fake.get(launched?.id ?? ''))
    fake.arm('inspectContainer', {
      kind: 'fail',
      error: Object.assign(new Error('gone'), { statusCode: 404 }),
    })
    expect(await listed).toEqual([])
  })

  it('shows what two controllers with scopes of their own have, each its own', async () => {
    const fake = new FakeDocker()
    const [one, two, none] = [{ scope: 'one' }, { scope: 'two' }, {}].map((options) =>
      fakeDockerBackend(fake, { options }),
    )
    if (one === undefined || two === undefined || none === undefined) throw new Error('three')
    await one.launch({ group: 'web', token: 'a' }, call)
    await two.launch({ group: 'web', token: 'b' }, call)
    expect((await one.list('web', call)).map(({ token }) => token)).toEqual(['a'])
    expect((await two.list('web', call)).map(({ token }) => token)).toEqual(['b'])
    expect(await none.list('web', call)).toEqual([])
  })

  it('goes on showing an instance that somebody renamed, and asks once whether it is one', async () => {
    const { clock, fake, groups } = bench(1)
    const [{ name, backend } = { name: '', backend: undefined }] = groups
    const launched = await backend?.launch({ group: name, token: 't' }, call)
    fake.get(launched?.id ?? '').name = 'the-old-one'
    for (let tick = 0; tick < 3; tick += 1) {
      expect(await backend?.list(name, call)).toMatchObject([
        { id: launched?.id, token: 't', name: 'the-old-one' },
      ])
      await clock.advance(15_000)
    }
    expect(fake.count('inspectImage')).toBe(1)
    expect(backend?.problems?.(name)).toEqual([])
  })

  it('does not show what was made of an instance by docker commit, whose labels come with its image', async () => {
    const { clock, fake, groups } = bench(1)
    const [{ name, backend } = { name: '', backend: undefined }] = groups
    const launched = await backend?.launch({ group: name, token: 't' }, call)
    const { Labels } = fake.get(launched?.id ?? '').body
    fake.imageLabels.set('web:1', Labels)
    fake.addForeign('debug', Labels)
    await clock.advance(1000)
    expect((await backend?.list(name, call))?.map(({ id }) => id)).toEqual([launched?.id])
  })

  it('leaves alone what may be either while its image cannot be asked, and says so until it can', async () => {
    const { clock, fake, groups } = bench(1)
    const [{ name, backend } = { name: '', backend: undefined }] = groups
    const launched = await backend?.launch({ group: name, token: 't' }, call)
    fake.get(launched?.id ?? '').name = 'keep'
    fake.arm('inspectImage', { kind: 'fail', error: Object.assign(new Error('no'), { statusCode: 403 }) })
    expect(await backend?.list(name, call)).toEqual([])
    expect(backend?.problems?.(name)).toMatchObject([{ about: 'container keep' }])
    expect(backend?.problems?.(name)[0]?.message).toContain(`docker rename keep ${name}-t`)
    await clock.advance(1000)
    expect(await backend?.list(name, call)).toHaveLength(1)
    expect(backend?.problems?.(name)).toEqual([])
  })

  it('says what the last check of an unhealthy instance said', async () => {
    const { fake, groups } = bench(1)
    const [{ name, backend } = { name: '', backend: undefined }] = groups
    const launched = await backend?.launch({ group: name, token: 't' }, call)
    const Log = [{ ExitCode: 1, Output: 'connection refused' }]
    fake.get(launched?.id ?? '').health = { Status: 'unhealthy', Log }
    expect(await backend?.list(name, call)).toMatchObject([
      { status: 'running', impaired: 'its HEALTHCHECK fails with exit code 1: connection refused' },
    ])
  })
})
