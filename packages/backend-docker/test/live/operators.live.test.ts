import type { Backend, Instance } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { labels } from '@flotilla/docker-engine'
import type { DockerOptions } from '../../src/options.js'
import { network, socketPath, webImage } from '../../../docker-engine/test/live/lab.js'
import { groupOf, liveDocker, removeScope } from './live-kit.js'
import { uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { RawEngine } from '../../../docker-engine/test/live/raw-engine.js'

/** What somebody else does to containers of a group, by hand or with other tools, beside the controller. */

const call = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(60_000) })
let scope = ''
let engine: RawEngine
const open: Backend[] = []
const others: string[] = []

beforeEach(() => {
  scope = uniqueScope()
  engine = new RawEngine(socketPath())
})

afterEach(async () => {
  for (const backend of open.splice(0)) await backend.close()
  for (const id of others.splice(0)) await engine.remove(id)
  await removeScope(scope)
})

function backendOf(options: Partial<DockerOptions> = {}): Backend {
  const backend = liveDocker(scope, { image: webImage, graceMs: 1000, ...options })
  open.push(backend)
  return backend
}

const launch = async (backend: Backend): Promise<Instance> =>
  backend.launch({ group: groupOf(scope), token: 't1' }, call())

/** A list that is not older than what was done round the backend. */
async function listed(backend: Backend): Promise<readonly Instance[]> {
  await new Promise((resolve) => void setTimeout(resolve, 600))
  return backend.list(groupOf(scope), call())
}

describe('an operator who', () => {
  it('disconnects an instance from its network finds it without an address, and with it once it is back', async () => {
    const backend = backendOf()
    const { id, address } = await launch(backend)
    // It is in another network too, whose addresses are none of the group's.
    await engine.must('POST', '/networks/bridge/connect', { Container: id })
    expect(await listed(backend)).toMatchObject([{ address }])
    await engine.must('POST', `/networks/${network}/disconnect`, { Container: id })
    const [left] = await listed(backend)
    expect(left?.address).toBeUndefined()
    expect(left).toMatchObject({
      status: 'running',
      statusReason: expect.stringContaining(network) as string,
    })
    await engine.must('POST', `/networks/${network}/connect`, { Container: id })
    expect((await listed(backend))[0]?.address?.port).toBe(8080)
  })

  it('names the network by its id gets the addresses of that network', async () => {
    const { Id } = (await engine.must('GET', `/networks/${network}`)) as { readonly Id: string }
    const backend = backendOf({ network: Id })
    const { id, address } = await launch(backend)
    await engine.must('POST', '/networks/bridge/connect', { Container: id })
    expect(address).toBeDefined()
    expect(await listed(backend)).toMatchObject([{ address }])
  })

  it('renames an instance still has an instance, which can be ended', async () => {
    const backend = backendOf()
    const { id } = await launch(backend)
    await engine.must('POST', `/containers/${id}/rename?name=old-${scope}`)
    expect(await listed(backend)).toMatchObject([{ id, token: 't1', name: `old-${scope}` }])
    expect(await backend.terminate(groupOf(scope), [id], call())).toEqual({ done: [id], failed: [] })
  })

  it('commits an instance and runs the image has a container of their own', async () => {
    const backend = backendOf()
    const { id } = await launch(backend)
    const image = `flotilla-lab/committed-${scope}:1`
    await engine.must('POST', `/commit?container=${id}&repo=${image.split(':')[0]}&tag=1`, {})
    try {
      const copy = await engine.run(`debug-${scope}`, { Image: image, HostConfig: { Init: true } })
      others.push(copy)
      const carried = await engine.containers(`${labels.scope}=${scope}`)
      expect(carried).toHaveLength(2)
      expect((await listed(backend)).map((instance) => instance.id)).toEqual([id])
      const { failed } = await backend.terminate(groupOf(scope), [copy], call())
      expect(failed).toMatchObject([{ error: { code: 'not-owned' } }])
      expect((await engine.inspect(copy))?.State.Running).toBe(true)
    } finally {
      for (const copy of others.splice(0)) await engine.remove(copy)
      await engine.call('DELETE', `/images/${image}?force=1`)
    }
  })

  it('uses an instance’s anonymous volume in another container keeps it, and a named one stays always', async () => {
    const named = `flotilla-${scope}`
    const Mounts = [{ Type: 'volume', Target: '/anonymous' }]
    const backend = backendOf({ volumes: [`${named}:/named`], hostConfig: { Mounts } })
    const statusOf = async (volume: string): Promise<number> =>
      (await engine.call('GET', `/volumes/${volume}`)).status
    for (const isHeld of [true, false]) {
      const { id, name } = await launch(backend)
      const { Mounts: mounted } = (await engine.must('GET', `/containers/${id}/json`)) as {
        readonly Mounts: readonly { readonly Name: string; readonly Destination: string }[]
      }
      const anonymous = mounted.find(({ Destination }) => Destination === '/anonymous')?.Name ?? ''
      expect(await statusOf(anonymous)).toBe(200)
      if (isHeld) {
        const HostConfig = { Init: true, VolumesFrom: [name] }
        others.push(await engine.run(`holder-${scope}`, { Image: webImage, HostConfig }))
      }
      await backend.terminate(groupOf(scope), [id], call())
      expect(await statusOf(anonymous)).toBe(isHeld ? 200 : 404)
      expect(await statusOf(named)).toBe(200)
    }
    for (const holder of others.splice(0)) await engine.remove(holder)
    expect((await engine.call('DELETE', `/volumes/${named}`)).status).toBe(204)
  })
})

describe('what the engine knows of an instance', () => {
  it('is a HEALTHCHECK that has not passed, passes, and fails, each told at once', async () => {
    const backend = backendOf()
    const seconds = 1e9
    // Options have no HEALTHCHECK of their own: it is the image's, and this one is made round the backend.
    const made = await engine.must('POST', `/containers/create?name=${groupOf(scope)}-h`, {
      Image: webImage,
      Labels: { [labels.group]: groupOf(scope), [labels.token]: 'h', [labels.scope]: scope },
      Healthcheck: {
        Test: ['CMD-SHELL', 'cat /tmp/ok || { echo not ok; exit 1; }'],
        Interval: seconds,
        Timeout: 5 * seconds,
        Retries: 1,
      },
      HostConfig: { NetworkMode: network, Init: true },
    })
    const { Id: id } = made as { readonly Id: string }
    await engine.must('POST', `/containers/${id}/start`)
    const impaired = async (): Promise<string | undefined> => (await listed(backend))[0]?.impaired
    expect(await impaired()).toMatch(/has not passed yet|fails/)
    const isSoon = { timeout: 60_000 }
    await expect.poll(impaired, isSoon).toMatch(/^its HEALTHCHECK fails with exit code 1: .*not ok/s)
    const exec = async (command: string): Promise<void> => {
      const body = { Cmd: ['/bin/sh', '-c', command] }
      const { Id } = (await engine.must('POST', `/containers/${id}/exec`, body)) as { readonly Id: string }
      await engine.must('POST', `/exec/${Id}/start`, { Detach: true })
    }
    await exec('echo ok > /tmp/ok')
    await expect.poll(impaired, isSoon).toBeUndefined()
  })

  it('is what it wrote last, without a secret, also once it has ended', async () => {
    const command = ['/bin/sh', '-c', 'echo starting; echo "no DB at $DB_URL" >&2; exit 3']
    const backend = backendOf({ command, env: { DB_URL: 'hunter2hunter2' }, port: undefined })
    const instance = await launch(backend)
    await expect.poll(async () => (await listed(backend))[0]?.status, { timeout: 30_000 }).toBe('stopped')
    const said = await backend.lastOutput?.(instance, call())
    expect(said?.split('\n').toSorted()).toEqual(['no DB at (hidden)', 'starting'])
  })

  it('is what it wrote to a terminal', async () => {
    const backend = backendOf()
    const id = await engine.run(`${groupOf(scope)}-tty`, {
      Image: webImage,
      Tty: true,
      Cmd: ['/bin/sh', '-c', 'echo one; echo two; sleep 100'],
      Labels: { [labels.group]: groupOf(scope), [labels.token]: 'tty', [labels.scope]: scope },
      HostConfig: { Init: true },
    })
    const instance = {
      id,
      group: groupOf(scope),
      token: 'tty',
      name: 'tty',
      status: 'running',
      createdAt: 0,
    } as const
    await expect
      .poll(async () => backend.lastOutput?.(instance, call()), { timeout: 10_000 })
      .toBe('one\ntwo')
  })

  it('is nothing where its log cannot be read', async () => {
    const backend = backendOf({ hostConfig: { LogConfig: { Type: 'none' } } })
    const instance = await launch(backend)
    expect(await backend.lastOutput?.(instance, call())).toBeUndefined()
  })

  it('is that the network of the template is not there, and nobody is said to have ended anything', async () => {
    const backend = backendOf({ network: 'nosuch' })
    const seen: Instance[] = []
    const enough = new AbortController()
    const looking = (async () => {
      while (!enough.signal.aborted) seen.push(...(await listed(backend)))
    })()
    for (let turn = 0; turn < 3; turn += 1) {
      await expect(launch(backend)).rejects.toMatchObject({ code: 'invalid-template', field: 'network' })
    }
    enough.abort()
    await looking
    expect(seen).toEqual([])
  })
})
