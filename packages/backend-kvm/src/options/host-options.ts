import { check } from '@flotilla/core/authoring'
import type { Hypervisor } from '@flotilla/libvirt'
import * as v from 'valibot'
import { libvirtUri, oneLine } from './option-checks.js'

/** One host with what is its own. */
export interface KvmHostOptions {
  /** As libvirt writes it; default `qemu:///system`. */
  readonly uri?: string | undefined
  /** Connects to it; default `@flotilla/libvirt`'s own client. */
  readonly connect?: ((uri: string) => Promise<Hypervisor>) | undefined
  /** Bound of one call; default 30,000. */
  readonly timeoutMs?: number | undefined
  /**
   * How old a list of machines may be and still be given to another group; default 500. What this program does itself,
   * and what libvirt tells, makes it out of date at once.
   */
  readonly listMaxAgeMs?: number | undefined
  /** What instances on it say as their `zone`; default the host in its URI, else none. */
  readonly zone?: string | undefined
}

export const hostDefaults = { uri: 'qemu:///system', timeoutMs: 30_000, listMaxAgeMs: 500 } as const

export const hostSchema: v.GenericSchema<KvmHostOptions> = v.strictObject({
  uri: v.optional(libvirtUri),
  connect: v.optional(check.func<(uri: string) => Promise<Hypervisor>>()),
  timeoutMs: v.optional(check.milliseconds(1)),
  listMaxAgeMs: v.optional(check.milliseconds()),
  zone: v.optional(oneLine('a name')),
}) as v.GenericSchema<KvmHostOptions>
