import type { BalancerMember } from '@flotilla/core'
import Docker from 'dockerode'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ContainerRig } from '../container/container-rig.js'
import { buildImage, image } from '../container/nginx-image.js'

/** Its list of a container's processes is empty here, so that a shell inside is asked. */

const socketPath = process.env['FLOTILLA_LIVE_PODMAN'] ?? ''
const podman = new Docker({ socketPath })
const nothing = { drained: [], cut: [], readmitted: [] }
const call = { signal: new AbortController().signal }

let rig: ContainerRig
let first: BalancerMember
let second: BalancerMember

/** Built by the engine beside it: what is imported into Podman by its own service has no command. */
beforeAll(async () => {
  const engine = new Docker()
  await buildImage(engine)
  await podman.loadImage(await engine.getImage(image).get())
})

beforeEach(async () => {
  rig = await ContainerRig.start(podman, { balancer: { docker: { host: `unix://${socketPath}` } } })
  first = await rig.traffic.startMember()
  second = await rig.traffic.startMember()
})

afterEach(() => rig.stop())

describe('nginx in a container of Podman', () => {
  it('leads to the members, and drains those that go', async () => {
    expect(await rig.sync(first)).toEqual(nothing)
    expect((await rig.traffic.request()).memberId).toBe(first.id)
    const held = await rig.traffic.hold()
    const removing = rig.sync(second)
    await expect.poll(async () => (await rig.traffic.request()).memberId, { timeout: 20_000 }).toBe(second.id)
    held.release()
    expect((await held.answer).status).toBe(200)
    expect(await removing).toEqual({ ...nothing, drained: [first.id] })
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    expect(await rig.balancer.describeSetup(call)).toMatchObject({ kind: 'client-retry' })
  })

  it('that was made anew is seen, and gets our file again', async () => {
    await rig.sync(first)
    await rig.recreate()
    expect(await rig.balancer.check(call)).toMatchObject({ serves: false })
    await rig.sync(first)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    expect((await rig.traffic.request()).memberId).toBe(first.id)
  })

  it('that was paused, stopped or taken away is told at once', async () => {
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
      await expect(rig.sync(second)).rejects.toThrow(words)
    }
  })
})
