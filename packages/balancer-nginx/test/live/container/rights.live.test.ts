import Docker from 'dockerode'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FaultyProxy } from '../../../../docker-engine/test/live/faulty-proxy.js'
import { only } from '../../../../docker-engine/test/live/socket-rights.js'
import { nginx } from '../../../src/index.js'
import { ContainerRig } from './container-rig.js'
import { buildImage } from './nginx-image.js'

/** Behind a proxy that lets a part of the engine's API through: the table "Rights it needs" of the README. */

const docker = new Docker()
const call = { signal: new AbortController().signal }
const nothing = { drained: [], cut: [], readmitted: [] }

let proxy: FaultyProxy
let rig: ContainerRig

beforeAll(() => buildImage(docker))

beforeEach(async () => {
  proxy = await FaultyProxy.open((process.env['DOCKER_HOST'] ?? '').replace('unix://', ''))
  rig = await ContainerRig.start(docker, { balancer: { docker: { host: `unix://${proxy.socketPath}` } } })
})

afterEach(async () => {
  await rig.stop()
  await proxy.close()
})

describe('with the rights', () => {
  it('CONTAINERS, EXEC and POST of a socket proxy, all is done', async () => {
    proxy.allows = only('CONTAINERS', 'EXEC', 'POST')
    const [first, second] = [await rig.traffic.startMember(), await rig.traffic.startMember()]
    await rig.sync(first)
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
    expect((await rig.traffic.request()).memberId).toBe(second.id)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    expect(await rig.balancer.describeSetup(call)).toMatchObject({ kind: 'client-retry' })
    await rig.exec('rm', '-f', '/etc/nginx/conf.d/flotilla-backend.conf')
    expect(await rig.balancer.check(call)).toMatchObject({ serves: false })
    await rig.sync(second)
  })

  it.each([
    ['POST', ['CONTAINERS', 'EXEC']],
    ['EXEC', ['CONTAINERS', 'POST']],
  ] as const)('but not %s, sync is refused in words, and nothing is changed', async (_, rights) => {
    proxy.allows = only(...rights)
    const member = await rig.traffic.startMember()
    await expect(rig.sync(member)).rejects.toMatchObject({ code: 'permission-denied' })
    const other = nginx({ container: rig.name, upstream: 'backend', listen: 80 })
    expect(await other.check(call)).toEqual({ serves: true })
    await other.close()
    expect((await rig.exec('ls', '/etc/nginx/conf.d')).split('\r\n')).not.toContain('flotilla-backend.conf')
  })
})
