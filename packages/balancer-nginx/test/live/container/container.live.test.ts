import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BalancerMember } from '@flotilla/core'
import Docker from 'dockerode'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { commandsVia, nginx } from '../../../src/index.js'
import { ContainerRig, type RigOptions } from './container-rig.js'
import { buildImage } from './nginx-image.js'

const docker = new Docker()
const nothing = { drained: [], cut: [], readmitted: [] }
const call = { signal: new AbortController().signal }

let rig: ContainerRig
let first: BalancerMember
let second: BalancerMember

async function begin(options: RigOptions = {}): Promise<void> {
  rig = await ContainerRig.start(docker, options)
  first = await rig.traffic.startMember()
  second = await rig.traffic.startMember()
}

beforeAll(() => buildImage(docker))
afterEach(() => rig.stop())

describe('nginx in a container', () => {
  it('that was stopped is unavailable, and is taken up again after its start', async () => {
    await begin()
    await rig.sync(first)
    await rig.container.stop()
    await expect(rig.sync(second)).rejects.toMatchObject({ code: 'unavailable' })
    await rig.container.start()
    await rig.untilRunning()
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
  })

  it('that is not there is not found', async () => {
    await begin()
    const lost = nginx({ container: 'flotilla-test-no-such', upstream: 'backend' })
    await expect(lost.sync([first], call)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('there is no container flotilla-test-no-such'),
    })
    await lost.close()
  })

  it('that was made anew is seen, and gets our file again', async () => {
    await begin()
    await rig.sync(first)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    await rig.recreate()
    expect(await rig.balancer.check(call)).toMatchObject({
      serves: false,
      reason: expect.stringContaining('flotilla-backend.conf of nginx in container'),
    })
    expect(await rig.sync(first)).toEqual(nothing)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    expect((await rig.traffic.request()).memberId).toBe(first.id)
  })

  it('that was taken away, stopped or paused is seen, and told at once', async () => {
    await begin()
    await rig.sync(first)
    for (const [act, words] of [
      [() => rig.container.pause(), 'is paused: docker unpause'],
      [() => rig.container.unpause().then(() => rig.container.stop()), 'is stopped (exited'],
      [() => rig.container.remove({ force: true }), 'there is no container'],
    ] as const) {
      await act()
      expect(await rig.balancer.check(call)).toMatchObject({
        serves: false,
        reason: expect.stringContaining(words),
      })
      const startMs = performance.now()
      await expect(rig.sync(second)).rejects.toThrow(words)
      expect(performance.now() - startMs).toBeLessThan(5000)
    }
  })

  it('whose image has a server on the same port is told to have it, and is met without', async () => {
    await begin()
    const file = '/etc/nginx/conf.d/default.conf'
    const welcome = 'server { listen 80; listen [::]:80; server_name localhost; return 200 "Welcome"; }'
    await rig.exec('sh', '-c', `echo '${welcome}' > ${file}`)
    await rig.container.restart()
    await rig.untilRunning()
    await expect(rig.sync(first)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(
        `requests to 80 are answered by the server "localhost" in ${file}: remove that server, or give listen '80 default_server', or serverNames`,
      ),
    })
    await rig.balancer.close()
    rig.balancer = nginx({ container: rig.name, upstream: 'backend', listen: '80 default_server' })
    await rig.sync(first)
    expect((await rig.traffic.request()).memberId).toBe(first.id)
  })

  it('that does not read our directory is told what to add', async () => {
    await begin()
    await rig.exec('sh', '-c', "sed -i 's#conf.d/#sites-enabled/#' /etc/nginx/nginx.conf")
    await rig.container.restart()
    await rig.untilRunning()
    await expect(rig.sync(first)).rejects.toThrow(
      /is not read: .* of \/etc\/nginx\/nginx\.conf includes only \/etc\/nginx\/sites-enabled\/\*\.conf; add the line include \/etc\/nginx\/conf\.d\/\*\.conf;/,
    )
  })

  it('is reached by a shell inside as by its engine', async () => {
    await begin()
    await rig.balancer.close()
    const socket = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock'
    const configFile = '/etc/nginx/conf.d/flotilla-backend.conf'
    const commands = commandsVia(['docker', '-H', socket, 'exec', '-i', rig.name], { configFile })
    rig.balancer = nginx({ upstream: 'backend', listen: 80, commands, frontHost: rig.address })
    await rig.sync(first)
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    await rig.recreate()
    expect(await rig.balancer.check(call)).toMatchObject({ serves: false })
    await rig.sync(second)
    expect((await rig.traffic.request()).memberId).toBe(second.id)
  })

  it('whose first process is a shell is reloaded all the same', async () => {
    await begin({ command: ['/bin/sh', '-c', '/usr/sbin/nginx -g "daemon off;" & wait'] })
    expect(await rig.sync(first)).toEqual(nothing)
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
    expect((await rig.traffic.request()).memberId).toBe(second.id)
  })

  it('that is read-only says so', async () => {
    await begin({ isReadOnly: true })
    await expect(rig.sync(first)).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringMatching(/read-only/),
    })
  })

  it('takes its file in a mounted directory, where it outlives the container', async () => {
    await begin({ mountsDirectory: true })
    await rig.sync(first)
    const text = await readFile(join(rig.directory ?? '', 'flotilla-backend.conf'), 'utf8')
    expect(text).toContain(`id ${first.id}`)
  })

  it('gives metrics, and tells when a reload is in force, where its status can be reached', async () => {
    await begin()
    const { balancer, address } = rig
    await balancer.close()
    rig.balancer = nginx({
      container: rig.name,
      upstream: 'backend',
      listen: 80,
      internal: { unavailable: '127.0.0.1:10008', status: '*:10009' },
      statusUrl: `http://${address}:10009`,
    })
    await rig.sync(first)
    const request = { ...call, group: 'web', instances: [], now: Date.now() }
    await rig.balancer.sample(request)
    for (let sent = 0; sent < 10; sent += 1) await rig.traffic.request()
    await sleep(50)
    const readings = await rig.balancer.sample(request)
    expect(readings.find(({ name }) => name === 'http.request_rate')).toMatchObject({ kind: 'value' })
    expect(readings.find(({ name }) => name === 'http.in_flight')).toMatchObject({ value: 0 })
  })

  it('drains what the controller before had begun to', async () => {
    await begin()
    await rig.sync(first)
    const held = await rig.traffic.hold()
    const interrupted = rig.sync(second)
    await sleep(1500)
    await rig.balancer.close()
    await expect(interrupted).rejects.toMatchObject({ code: 'closed' })
    rig.balancer = nginx({ container: rig.name, upstream: 'backend', listen: 80 })
    let isOver = false
    const again = rig.sync(second).finally(() => (isOver = true))
    await sleep(1000)
    expect(isOver).toBe(false)
    held.release()
    expect((await held.answer).status).toBe(200)
    await again
  })

  it('is described', async () => {
    await begin({ balancer: { clientKeepAliveMs: 0 } })
    await rig.sync(first)
    expect(await rig.balancer.describeSetup(call)).toMatchObject({
      kind: 'no-client-keepalive',
      workerShutdownMs: 6000,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
  })
})
