import { FlotillaError } from '@flotilla/core'
import type { Hypervisor, PoolRef, VolumeRef } from '@flotilla/libvirt'
import type { CallBound, Step } from '../connection/link.js'
import { isNoVolume } from '../errors.js'
import type { Host } from '../host/host.js'
import { baseName, readFileName } from '../names.js'
import { blankXml, overlayXml, readPoolDirectory, readVolume, type Backing } from '../xml/volume-xml.js'
import type { DiskStore, Overlay } from './disk-store.js'

/** Files as volumes of a storage pool: libvirt makes and removes them, on whatever host it is. */
export class PoolDisks implements DiskStore {
  readonly #host: Host
  readonly #pool: PoolRef
  readonly #directory: string

  constructor(host: Host, pool: PoolRef, directory: string) {
    this.#host = host
    this.#pool = pool
    this.#directory = directory
  }

  static async open(host: Host, pool: string, step: Step): Promise<PoolDisks> {
    const what = `${step.what}: look at pool ${pool}`
    return host.ask({ ...step, what }, async (hypervisor, call) => {
      const ref = await hypervisor.storagePoolLookupByName(pool, call)
      const directory = readPoolDirectory(await hypervisor.storagePoolGetXmlDesc(ref, 0, call))
      if (directory === undefined) {
        const message = `${what}: its volumes are not files of one directory; a pool of type dir, fs or netfs would do`
        throw new FlotillaError('invalid-template', message)
      }
      return new PoolDisks(host, ref, directory)
    })
  }

  pathOf(file: string): string {
    return `${this.#directory}/${file}`
  }

  async makeOverlay(file: string, backing: Backing, step: Step): Promise<bigint> {
    return this.#ask(`${step.what}: clone the golden image`, step, async (hypervisor, call) => {
      const volume = await hypervisor.storageVolCreateXml(this.#pool, overlayXml(file, backing), 0, call)
      return (await hypervisor.storageVolGetInfo(volume, call)).capacityBytes
    })
  }

  async makeBlank(file: string, format: 'qcow2' | 'raw', capacityBytes: number, step: Step): Promise<void> {
    await this.#ask(`${step.what}: make ${file}`, step, async (hypervisor, call) => {
      await hypervisor.storageVolCreateXml(this.#pool, blankXml(file, format, capacityBytes), 0, call)
    })
  }

  async makeWith(file: string, content: Uint8Array, step: Step): Promise<void> {
    await this.#ask(`${step.what}: make ${file}`, step, async (hypervisor, call) => {
      const xml = blankXml(file, 'raw', content.length)
      const volume = await hypervisor.storageVolCreateXml(this.#pool, xml, 0, call)
      await hypervisor.storageVolUpload(volume, content, call)
    })
  }

  async remove(
    files: readonly string[],
    { isKnown = false, ...step }: Step & { readonly isKnown?: boolean },
  ): Promise<void> {
    let isFresh = isKnown
    for (const file of files) {
      if ((await this.#removeOne(file, step)) || isFresh) continue
      // Only a refresh shows the pool a file that another hypervisor made, or that a snapshot or somebody put there.
      await this.refresh(step)
      isFresh = true
      await this.#removeOne(file, step)
    }
  }

  /** @returns whether libvirt knew it */
  async #removeOne(file: string, step: Step): Promise<boolean> {
    return this.#ask(`${step.what}: remove ${file}`, step, async (hypervisor, call) => {
      try {
        const volume = await hypervisor.storageVolLookupByName(this.#pool, file, call)
        await hypervisor.storageVolDelete(volume, 0, call)
        return true
      } catch (error) {
        if (!isNoVolume(error)) throw error
        return false
      }
    })
  }

  async refresh(step: Step): Promise<void> {
    await this.#ask(`${step.what}: refresh pool ${this.#pool.name}`, step, async (hypervisor, call) =>
      hypervisor.storagePoolRefresh(this.#pool, call),
    )
  }

  async overlays(step: Step): Promise<readonly Overlay[]> {
    const what = `${step.what}: look what is based on what in pool ${this.#pool.name}`
    return this.#ask(what, step, async (hypervisor, call) => {
      const volumes = await hypervisor.storagePoolListAllVolumes(this.#pool, call)
      const found = await Promise.all(
        volumes
          .filter(({ name }) => readFileName(name) === undefined)
          .map(async (volume) => {
            const backing = await backingOf(hypervisor, volume, call)
            return backing === undefined ? undefined : { file: volume.name, base: baseName(backing) }
          }),
      )
      return found.filter((one) => one !== undefined)
    })
  }

  async tail(file: string, maxBytes: number, step: Step): Promise<Uint8Array | undefined> {
    return this.#ask(`${step.what}: read ${file}`, step, async (hypervisor, call) => {
      try {
        const volume = await hypervisor.storageVolLookupByName(this.#pool, file, call)
        const { capacityBytes } = await hypervisor.storageVolGetInfo(volume, call)
        const lengthBytes = Number(capacityBytes < BigInt(maxBytes) ? capacityBytes : BigInt(maxBytes))
        if (lengthBytes === 0) return new Uint8Array()
        const part = { offsetBytes: capacityBytes - BigInt(lengthBytes), lengthBytes }
        return await hypervisor.storageVolDownload(volume, part, call)
      } catch (error) {
        if (isNoVolume(error)) return undefined
        throw error
      }
    })
  }

  async list(step: Step): Promise<readonly string[]> {
    return this.#ask(`${step.what}: list pool ${this.#pool.name}`, step, async (hypervisor, call) => {
      const volumes = await hypervisor.storagePoolListAllVolumes(this.#pool, call)
      return volumes.map(({ name }) => name)
    })
  }

  async #ask<T>(
    what: string,
    step: Step,
    work: (hypervisor: Hypervisor, call: CallBound) => Promise<T>,
  ): Promise<T> {
    return this.#host.ask({ what, signal: step.signal, otherwise: 'launch-failed' }, work)
  }
}

async function backingOf(
  hypervisor: Hypervisor,
  volume: VolumeRef,
  call: CallBound,
): Promise<string | undefined> {
  try {
    return readVolume(await hypervisor.storageVolGetXmlDesc(volume, call)).backingPath
  } catch (error) {
    // Removed since the list.
    if (isNoVolume(error)) return undefined
    throw error
  }
}
