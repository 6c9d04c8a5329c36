import { mkdtemp, chmod, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Hypervisor } from '../../src/hypervisor.js'
import type { NetworkRef, PoolRef } from '../../src/resource-types.js'
import { dirPoolXml, rawVolumeXml, removeDomains, tinyDomainXml, uniqueName } from './live-kit.js'

/** What every `Hypervisor` does on a real daemon, whichever way it reaches it. */
export function hypervisorSuite(name: string, open: () => Promise<Hypervisor>, network: () => string): void {
  describe(`${name} on a real daemon`, () => {
    let hypervisor: Hypervisor
    const prefix = uniqueName('suite')
    beforeAll(async () => {
      hypervisor = await open()
    })
    afterAll(async () => {
      await removeDomains(hypervisor, prefix)
      await hypervisor.close()
    })

    it('tells the versions and sizes of daemon and host', async () => {
      expect(await hypervisor.connectGetLibVersion()).toBeGreaterThan(1_003_000)
      const node = await hypervisor.nodeGetInfo()
      expect(node.model).toMatch(/^\w+$/)
      expect(node.cpus).toBeGreaterThan(0)
      expect(node.memoryKib).toBeGreaterThan(100_000n)
      expect(await hypervisor.nodeGetFreeMemory()).toBeGreaterThan(1_000_000n)
      expect(Object.keys(await hypervisor.nodeGetCpuStats()).toSorted()).toEqual(
        expect.arrayContaining(['idle', 'kernel', 'user']),
      )
      const memory = await hypervisor.nodeGetMemoryStats()
      expect(memory['total']).toBeGreaterThan(memory['free'] ?? 0n)
    })

    it('takes a domain through its whole life', async () => {
      const domain = await hypervisor.domainDefineXmlFlags(tinyDomainXml(`${prefix}-life`))
      expect(domain).toMatchObject({ name: `${prefix}-life`, id: -1 })
      expect(await hypervisor.domainGetState(domain)).toEqual({ state: 'shutoff', reason: 0 })
      const started = await hypervisor.domainCreateWithFlags(domain, 1)
      expect(started).toMatchObject({ name: domain.name, uuid: domain.uuid })
      expect(started.id).toBeGreaterThan(0)
      expect(await hypervisor.domainGetState(started)).toMatchObject({ state: 'paused' })
      expect(await hypervisor.domainLookupByName(domain.name)).toEqual(started)
      expect(await hypervisor.domainLookupByUuid(domain.uuid)).toEqual(started)
      expect(await hypervisor.connectListAllDomains(1)).toContainEqual(started)
      expect(await hypervisor.connectListAllDomains(2)).not.toContainEqual(started)
      const info = await hypervisor.domainGetInfo(started)
      expect(info).toMatchObject({ state: 'paused', maxMemoryKib: 16_384n, memoryKib: 16_384n, vcpus: 1 })
      expect(info.cpuTimeNs).toBeGreaterThan(0n)
      expect(await hypervisor.domainMemoryStats(started)).toMatchObject({ actual: 16_384n })
      await hypervisor.domainResume(started)
      expect(await hypervisor.domainGetState(started)).toMatchObject({ state: 'running' })
      await hypervisor.domainShutdownFlags(started)
      await hypervisor.domainSuspend(started)
      expect(await hypervisor.domainGetXmlDesc(started)).toContain(`<name>${domain.name}</name>`)
      await hypervisor.domainManagedSave(started)
      await expect(hypervisor.domainUndefineFlags(domain)).rejects.toMatchObject({ code: 55, domain: 10 })
      await hypervisor.domainManagedSaveRemove(domain)
      await hypervisor.domainCreateWithFlags(domain, 1)
      await hypervisor.domainDestroyFlags(domain)
      await hypervisor.domainUndefineFlags(domain)
      await expect(hypervisor.domainLookupByName(domain.name)).rejects.toMatchObject({ code: 42, domain: 10 })
    })

    it('tells the host, and the snapshots and disk errors of a domain', async () => {
      expect(await hypervisor.connectGetCapabilities()).toMatch(/<uuid>[\da-f-]{36}<\/uuid>/)
      const domain = await hypervisor.domainDefineXmlFlags(tinyDomainXml(`${prefix}-snapshots`))
      expect(await hypervisor.domainListAllSnapshots(domain)).toEqual([])
      await expect(hypervisor.domainSnapshotGetXmlDesc(domain, 'none')).rejects.toMatchObject({
        kind: 'libvirt',
      })
      const running = await hypervisor.domainCreateWithFlags(domain, 1)
      expect(await hypervisor.domainGetDiskErrors(running)).toEqual([])
      await hypervisor.domainDestroyFlags(running)
      await hypervisor.domainUndefineFlags(domain)
    })

    it('creates a transient domain, which is gone when it ends', async () => {
      const domain = await hypervisor.domainCreateXml(tinyDomainXml(`${prefix}-transient`), 1)
      expect(await hypervisor.domainInterfaceAddresses(domain, 'lease')).toEqual([])
      await hypervisor.domainDestroyFlags(domain)
      await expect(hypervisor.domainGetXmlDesc(domain)).rejects.toMatchObject({ code: 42 })
    })

    it('keeps an element of ours in a domain’s metadata', async () => {
      const domain = await hypervisor.domainDefineXmlFlags(tinyDomainXml(`${prefix}-metadata`))
      const uri = 'urn:flotilla:test'
      await expect(hypervisor.domainGetMetadata(domain, uri)).rejects.toMatchObject({ code: 80 })
      await hypervisor.domainSetMetadata(domain, {
        key: 'f',
        uri,
        xml: '<owner group="web &amp; more"/>',
        flags: 2,
      })
      expect(await hypervisor.domainGetMetadata(domain, uri)).toContain('group="web &amp; more"')
      await hypervisor.domainSetMetadata(domain, { key: 'f', uri, xml: undefined, flags: 2 })
      await expect(hypervisor.domainGetMetadata(domain, uri)).rejects.toMatchObject({ code: 80 })
      await hypervisor.domainUndefineFlags(domain)
    })

    it('refuses in libvirt’s own numbers', async () => {
      const nobody = '00000000-0000-4000-8000-000000000000'
      await expect(hypervisor.domainLookupByUuid(nobody)).rejects.toMatchObject({ kind: 'libvirt', code: 42 })
      await expect(hypervisor.domainDefineXmlFlags('<domain>')).rejects.toMatchObject({
        code: 35,
        domain: 20,
      })
      await expect(hypervisor.networkLookupByName('flt-none')).rejects.toMatchObject({ code: 43, domain: 19 })
      await expect(hypervisor.storagePoolLookupByName('flt-none')).rejects.toMatchObject({
        code: 49,
        domain: 18,
      })
      await expect(hypervisor.storageVolLookupByPath('/flt-none')).rejects.toMatchObject({
        code: 50,
        domain: 18,
      })
    })

    it('gives up when the caller does, with the caller’s reason', async () => {
      const reason = new Error('enough')
      await expect(hypervisor.connectListAllDomains(0, { signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      )
      const later = new AbortController()
      const call = hypervisor.connectListAllDomains(0, { signal: later.signal })
      later.abort(reason)
      await expect(call).rejects.toBe(reason)
    })

    describe('with a pool', () => {
      let directory = ''
      let pool: PoolRef
      beforeAll(async () => {
        directory = await mkdtemp(join(tmpdir(), 'flotilla-pool-'))
        await chmod(directory, 0o755)
        pool = await hypervisor.storagePoolCreateXml(dirPoolXml(`${prefix}-pool`, directory))
      })
      afterAll(async () => {
        await hypervisor.storagePoolDestroy(pool)
        await rm(directory, { recursive: true, force: true })
      })

      it('knows the pool', async () => {
        expect(await hypervisor.storagePoolLookupByName(pool.name)).toEqual(pool)
        const info = await hypervisor.storagePoolGetInfo(pool)
        expect(info.state).toBe('running')
        expect(info.capacityBytes).toBeGreaterThan(info.availableBytes)
        expect(await hypervisor.storagePoolGetXmlDesc(pool)).toContain(directory)
      })

      it('makes, fills, finds and deletes a volume', async () => {
        const bytes = Buffer.alloc(600_000, 'cloud-init ')
        const volume = await hypervisor.storageVolCreateXml(pool, rawVolumeXml('seed one.img', bytes.length))
        expect(volume).toMatchObject({ pool: pool.name, name: 'seed one.img' })
        await hypervisor.storageVolUpload(volume, bytes)
        const path = await hypervisor.storageVolGetPath(volume)
        expect(path).toBe(join(directory, 'seed one.img'))
        expect((await readFile(path)).equals(bytes)).toBe(true)
        expect(await hypervisor.storageVolLookupByName(pool, 'seed one.img')).toEqual(volume)
        expect(await hypervisor.storageVolLookupByPath(path)).toEqual(volume)
        expect(await hypervisor.storagePoolListAllVolumes(pool)).toEqual([volume])
        expect(await hypervisor.storageVolGetInfo(volume)).toMatchObject({
          type: 'file',
          capacityBytes: 600_000n,
        })
        expect(await hypervisor.storageVolGetXmlDesc(volume)).toContain('<name>seed one.img</name>')
        await expect(
          hypervisor.storageVolCreateXml(pool, rawVolumeXml('seed one.img', 1)),
        ).rejects.toMatchObject({ code: 90, domain: 18 })
        await hypervisor.storageVolDelete(volume)
        await expect(hypervisor.storageVolLookupByName(pool, 'seed one.img')).rejects.toMatchObject({
          code: 50,
        })
        await hypervisor.storagePoolRefresh(pool)
        expect(await hypervisor.storagePoolListAllVolumes(pool)).toEqual([])
      })
    })

    describe('with a network', () => {
      let net: NetworkRef
      beforeAll(async () => {
        net = await hypervisor.networkLookupByName(network())
      })

      it('knows the network and its leases', async () => {
        expect(await hypervisor.networkIsActive(net)).toBe(true)
        expect(await hypervisor.networkGetXmlDesc(net)).toContain(`<name>${net.name}</name>`)
        expect(await hypervisor.networkGetDhcpLeases(net)).toEqual([])
        expect(await hypervisor.networkGetDhcpLeases(net, '52:54:00:00:00:09')).toEqual([])
      })

      it('adds a DHCP host and takes it away', async () => {
        const xml = "<host mac='52:54:00:00:00:09' ip='10.211.55.9'/>"
        await hypervisor.networkUpdate(net, { command: 'add-last', section: 'ip-dhcp-host', xml })
        expect(await hypervisor.networkGetXmlDesc(net)).toContain('52:54:00:00:00:09')
        await hypervisor.networkUpdate(net, { command: 'delete', section: 'ip-dhcp-host', xml, flags: 3 })
        expect(await hypervisor.networkGetXmlDesc(net)).not.toContain('52:54:00:00:00:09')
      })
    })
  })
}
