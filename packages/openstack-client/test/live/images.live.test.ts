import { generateKeyPairSync } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { lab, names, uniqueName } from './lab.js'

const cloud = lab()
const { image, compute } = cloud
afterAll(() => cloud.close())

describe('Glance', () => {
  it('lists in pages, and finds by name and id', async () => {
    const all = await collect(image.list({ pageSize: 1 }))
    expect(all.length).toBeGreaterThan(1)
    const found = await image.find(names.image)
    expect(found).toMatchObject({ status: 'active' })
    expect(await image.find(found?.id ?? '')).toEqual(found)
    expect(await image.find(uniqueName('none'))).toBeUndefined()
  })

  it('takes an image, its data and its properties', async () => {
    const name = uniqueName('image')
    const properties = { flotilla_test: name }
    const make = () => image.create({ name, diskFormat: 'raw', visibility: 'private', properties })
    const [older, newer] = [await make(), await make()]
    try {
      expect(older.status).toBe('queued')
      const bytes = new Uint8Array(1024 * 1024).fill(7)
      const progress: number[] = []
      await image.upload(older.id, { bytes }, { onProgress: ({ sentBytes }) => progress.push(sentBytes) })
      expect(progress.at(-1)).toBe(bytes.byteLength)
      expect(await image.waitUntilActive(older.id)).toMatchObject({ sizeBytes: bytes.byteLength, properties })
      // The newer has no data yet: it cannot be used.
      expect(await image.newest({ properties })).toMatchObject({ id: older.id })
      await image.upload(newer.id, { bytes })
      await image.waitUntilActive(newer.id)
      await expect(image.find(name)).rejects.toMatchObject({ code: 'ambiguous' })
      const changed = await image.update(newer.id, { flotilla_test: undefined, other: 'x' })
      expect(changed.properties).toMatchObject({ other: 'x' })
      expect(changed.properties).not.toHaveProperty('flotilla_test')
      expect(await collect(image.list({ properties }))).toHaveLength(1)
    } finally {
      for (const { id } of [older, newer]) expect(await image.delete(id)).toBe(true)
    }
    expect(await image.delete(older.id)).toBe(false)
  })
})

describe('Nova beside its servers', () => {
  it('has flavours, zones, keys and groups', async () => {
    expect(await compute.flavors.find(names.flavor)).toMatchObject({ name: names.flavor, vcpuCount: 1 })
    expect((await compute.availabilityZones()).some(({ isAvailable }) => isAvailable)).toBe(true)
    const { projectId = '' } = await cloud.whoAmI()
    expect((await compute.quotas(projectId))['instances']?.limit).toBeGreaterThan(0)
    const name = uniqueName('group')
    const group = await compute.serverGroups.create({ name, policy: 'anti-affinity' })
    expect(await compute.serverGroups.find(name)).toMatchObject({ id: group.id, policy: 'anti-affinity' })
    expect(await compute.serverGroups.delete(group.id)).toBe(true)
    expect(await compute.serverGroups.delete(group.id)).toBe(false)
    const key = await compute.keypairs.create({ name: uniqueName('key'), publicKey: sshPublicKey() })
    expect(await compute.keypairs.find(key.name)).toMatchObject({ name: key.name })
    expect(await compute.keypairs.delete(key.name)).toBe(true)
    expect(await compute.keypairs.find(key.name)).toBeUndefined()
  })
})

/** A new one, as OpenSSH writes it. */
function sshPublicKey(): string {
  const der = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })
  const type = Buffer.from('ssh-ed25519')
  const sized = (part: Uint8Array): Buffer => Buffer.concat([Buffer.from([0, 0, 0, part.length]), part])
  return `ssh-ed25519 ${Buffer.concat([sized(type), sized(der.subarray(-32))]).toString('base64')} test`
}
