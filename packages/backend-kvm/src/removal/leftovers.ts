import type { BackendProblem } from '@flotilla/core'
import type { Step } from '../connection/link.js'
import type { Context } from '../context.js'
import type { DiskStore } from '../disks/disk-store.js'
import { openStore } from '../disks/open-store.js'
import type { Host } from '../host/host.js'
import { groupMark, readFileName, readHostName, type FileOwner } from '../names.js'
import type { HostEntry } from '../xml/network-xml.js'

/** A leftover that must stay is told after this time. It is also the longest time from one sweep to the next. */
export const toldAfterMs = 60_000

/** Something that is left, and what may be done about it. */
export interface Leftover {
  readonly id: string
  /** How long it must have been seen so. */
  readonly afterMs: number
  /** It belongs to somebody else: at the end of the group it is no failure that it stays. */
  readonly isForeign?: boolean
  /** Gives what stands in the way of its removal; nothing when it is gone. */
  readonly settle: () => Promise<readonly BackendProblem[]>
}

/** A file with the name of a group's machine. */
export interface OwnFile {
  readonly host: Host
  readonly store: DiskStore
  readonly file: string
  readonly owner: FileOwner
}

/** A DHCP host entry with the mark of a group. */
export interface OwnEntry {
  readonly host: Host
  readonly network: string
  readonly entry: HostEntry
}

export interface Belongings {
  readonly files: readonly OwnFile[]
  readonly entries: readonly OwnEntry[]
}

/** All on one hypervisor that carries a group's name, whether or not a machine has it. */
export async function belongingsOn(
  { settings }: Pick<Context, 'settings'>,
  host: Host,
  group: string,
  step: Step,
): Promise<Belongings> {
  const { scope, template } = settings
  const store = await openStore(host, template.storage, step)
  const files = (await store.list(step)).flatMap((file) => {
    // Most are other groups': a short look first.
    if (!file.startsWith(`${scope}.${group}.`)) return []
    const owner = readFileName(file)
    return owner === undefined ? [] : [{ host, store, file, owner }]
  })
  const [network] = template.networks
  if (typeof template.address !== 'object' || typeof network !== 'string') return { files, entries: [] }
  const mark = groupMark({ scope, group })
  const { entries } = await host.leases.network(network, step.signal)
  const own = entries.filter(({ name }) => readHostName(name)?.groupMark === mark)
  return { files, entries: own.map((entry) => ({ host, network, entry })) }
}
