import { FlotillaError } from '@flotilla/core'
import type { EngineInfo, EngineVersion } from './api/docker-api.js'

/** What an engine is asked once. */
export interface FactSources {
  readonly version: (signal: AbortSignal) => Promise<EngineVersion>
  readonly info: (signal: AbortSignal) => Promise<EngineInfo>
}

/** What kind of engine it is, asked when first needed and then remembered. */
export class EngineFacts {
  readonly #sources: FactSources
  #isPodman: boolean | undefined
  #hasCgroups: boolean | undefined

  constructor(sources: FactSources) {
    this.#sources = sources
  }

  /** Whether it is Podman, which speaks Docker's language with an accent. */
  async isPodman(signal: AbortSignal): Promise<boolean> {
    this.#isPodman ??= await unlessRefused(
      async () => (await this.#sources.version(signal)).Components?.some(({ Name }) => /^podman/i.test(Name)),
      false,
    )
    return this.#isPodman
  }

  /** Without control groups, as of a rootless engine on cgroup v1, what it tells of a container's use is the host's. */
  async hasCgroups(signal: AbortSignal): Promise<boolean> {
    this.#hasCgroups ??= await unlessRefused(
      async () => (await this.#sources.info(signal)).CgroupDriver !== 'none',
      true,
    )
    return this.#hasCgroups
  }
}

/** A proxy before the engine may not let the question through: then it is as most are. */
async function unlessRefused(ask: () => Promise<boolean | undefined>, usual: boolean): Promise<boolean> {
  try {
    return (await ask()) ?? usual
  } catch (error) {
    const isRefusal =
      error instanceof FlotillaError && (error.code === 'permission-denied' || error.code === 'not-found')
    if (!isRefusal) throw error
    return usual
  }
}
