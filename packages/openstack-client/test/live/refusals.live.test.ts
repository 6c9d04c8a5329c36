import { afterAll, describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { lab, removeTagged, serverParts, uniqueName } from './lab.js'

const small = lab('small')
const viewer = lab('viewer')
const member = lab()
const admin = lab('admin')
const tag = uniqueName('quota')

afterAll(async () => {
  await removeTagged(small, tag)
  await Promise.all([small, viewer, member, admin].map((cloud) => cloud.close()))
})

describe('a refusal', () => {
  it('for the quota is told from one by a policy', async () => {
    const { flavorId, imageId } = await serverParts(small)
    const spec = { name: tag, flavorId, imageId, networks: 'none', tags: [tag] } as const
    const { instances } = await small.compute.limits()
    // Nova counts what is there already. What it takes on too much of comes to ERROR later, and is no refusal.
    for (let used = instances.used + 1; used <= instances.limit; used += 1) {
      await small.compute.servers.create(spec)
      await small.waitFor({
        what: `${used} servers to be counted`,
        service: 'compute',
        read: (signal) => small.compute.limits({ signal }),
        done: (now) => now.instances.used >= used,
      })
    }
    await expect(small.compute.servers.create(spec)).rejects.toMatchObject({
      code: 'quota',
      status: 403,
      fault: expect.stringMatching(/^Quota exceeded for/),
      requestId: expect.stringMatching(/^req-/),
    })
    await expect(viewer.compute.servers.create(spec)).rejects.toMatchObject({
      code: 'forbidden',
      status: 403,
    })
    const full = await small.compute.limits()
    expect(full.instances.used).toBe(full.instances.limit)
  })

  it.each([
    ['a flavour that is not', { flavorId: 'nope' }],
    ['an image that is not', { imageId: '00000000-0000-0000-0000-00000000dead' }],
    ['a zone that is not', { availabilityZone: 'mars' }],
  ])('for %s is a bad request', async (_, wrong) => {
    const { flavorId, imageId } = await serverParts(member)
    const spec = { name: uniqueName('bad'), flavorId, imageId, networks: 'none', ...wrong } as const
    await expect(member.compute.servers.create(spec)).rejects.toMatchObject({
      code: 'bad-request',
      status: 400,
    })
  })

  it('of Placement is for members, not for admins', async () => {
    await expect(collect(member.placement.resourceProviders())).rejects.toMatchObject({ code: 'forbidden' })
    const providers = await collect(admin.placement.resourceProviders())
    expect(providers.length).toBeGreaterThan(0)
    const [first] = providers
    expect((await admin.placement.inventories(first?.id ?? ''))['VCPU']?.capacity).toBeGreaterThan(0)
    expect(await admin.placement.usages(first?.id ?? '')).toHaveProperty('VCPU')
    expect(await admin.placement.candidateCount({ VCPU: 1, MEMORY_MB: 64 })).toBeGreaterThan(0)
    expect(await admin.placement.candidateCount({ VCPU: 999_999 })).toBe(0)
  })
})
