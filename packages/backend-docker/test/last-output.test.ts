import { describe, expect, it } from 'vitest'
import { fakeDockerBackend } from './docker-kit.js'
import { frame } from '../../docker-engine/test/fakes/fake-engine.js'
import { FakeDocker } from '../../docker-engine/test/fakes/fake-docker.js'
import { dockerError } from '../../docker-engine/test/fakes/fake-errors.js'

const call = { signal: new AbortController().signal }

async function bench() {
  const fake = new FakeDocker()
  const backend = fakeDockerBackend(fake, { options: { env: { DB_URL: 'hunter2', A: 'x' } } })
  const instance = await backend.launch({ group: 'web', token: 't' }, call)
  return { fake, backend, instance, container: fake.get(instance.id) }
}

describe('what an instance wrote last', () => {
  it('is both of its streams in their order, without a value of the template', async () => {
    const { fake, backend, instance, container } = await bench()
    container.log = Buffer.concat([frame(1, 'starting\n'), frame(2, 'cannot connect to hunter2\n')])
    fake.crash(instance.id, 3)
    expect(await backend.lastOutput(instance, call)).toBe('starting\ncannot connect to (hidden)')
  })

  it('is what a terminal got, which is not framed', async () => {
    const { backend, instance, container } = await bench()
    container.log = Buffer.from('one\r\n\u001b[31mtwo\u001b[0m\r\n')
    expect(await backend.lastOutput(instance, call)).toBe('one\ntwo')
  })

  it('is nothing where nothing was written, nothing is kept, or nobody is there', async () => {
    const { fake, backend, instance } = await bench()
    expect(await backend.lastOutput(instance, call)).toBeUndefined()
    fake.arm('containerLogs', {
      kind: 'fail',
      error: dockerError(500, 'configured logging driver does not support reading'),
    })
    expect(await backend.lastOutput(instance, call)).toBeUndefined()
    fake.containers.clear()
    expect(await backend.lastOutput(instance, call)).toBeUndefined()
    expect(await backend.lastOutput({ ...instance, id: '../x' }, call)).toBeUndefined()
  })

  it('is an error where the engine does not answer', async () => {
    const { fake, backend, instance } = await bench()
    fake.isDown = true
    await expect(backend.lastOutput(instance, call)).rejects.toMatchObject({ code: 'unavailable' })
  })
})
