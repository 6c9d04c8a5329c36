import type { BackendProblem } from '@flotilla/core'
import type { Step } from '../connection/link.js'
import type { Context } from '../context.js'
import type { Machine } from '../host/host.js'
import { releaseAddress } from '../network/dhcp-entries.js'
import type { Kept } from './kept.js'
import { toldAfterMs, type Belongings, type Leftover, type OwnEntry, type OwnFile } from './leftovers.js'

export interface UnclaimedFacts {
  /** Of the group, on every hypervisor. */
  readonly machines: readonly Machine[]
  readonly belongings: readonly Belongings[]
  readonly group: string
}

/** Files and host entries that no machine names. */
export function unclaimed(
  context: Context,
  { machines, belongings, group }: UnclaimedFacts,
  step: Step,
): readonly Leftover[] {
  const uuidParts = new Set(machines.map(({ ref }) => ref.uuid.slice(0, 8)))
  const entryNames = new Set(machines.map(({ owner }) => owner.entryName))
  const files = belongings.flatMap((one) => one.files).filter(({ owner }) => !uuidParts.has(owner.uuidPart))
  const entries = belongings.flatMap((one) => one.entries).filter(({ entry }) => !entryNames.has(entry.name))
  const marks = new Set(context.hypervisors.hosts.map(({ mark }) => mark))
  const own = files.filter(({ owner }) => marks.has(owner.mark))
  const others = files.filter(({ owner }) => !marks.has(owner.mark))
  return [
    ...entries.map((entry) => entryLeftover(context, entry, step)),
    ...byMaker(own).map((file) => fileLeftover(context, file, others, step)),
    ...(others.length === 0 ? [] : [othersLeftover(context, others, group)]),
  ]
}

/** On shared storage each hypervisor shows the same file: once, by the one that made it. */
function byMaker(files: readonly OwnFile[]): readonly OwnFile[] {
  const byName = new Map<string, OwnFile>()
  for (const file of files) {
    if (!byName.has(file.file) || file.host.mark === file.owner.mark) byName.set(file.file, file)
  }
  return [...byName.values()]
}

function entryLeftover(context: Context, { host, network, entry }: OwnEntry, step: Step): Leftover {
  const { guard, settings } = context
  return {
    id: `entry ${host.uri} ${entry.name}`,
    afterMs: settings.orphanAfterMs,
    settle: async () => {
      const [user] = await guard.cardUsers(host, entry.mac, [], step)
      if (user === undefined) {
        await releaseAddress(host, { network, name: entry.name }, step)
        return []
      }
      const about = `DHCP host entry ${entry.name} of network ${network}`
      const message = `${about} (${entry.ip}) stays: the domain ${user} of ${host.label}, no machine of the group, has its MAC address`
      return [{ about, message }]
    },
  }
}

function fileLeftover(
  context: Context,
  { host, store, file }: OwnFile,
  others: readonly OwnFile[],
  step: Step,
): Leftover {
  const { guard, settings } = context
  const path = store.pathOf(file)
  const told = (why: string): readonly BackendProblem[] => [
    {
      about: path,
      message: `${path} of ${host.label} has the name of this group and belongs to no machine of it; it stays: ${why}`,
    },
  ]
  const byHand = `look who uses it on every host that reaches it, then remove it: virsh -c '${host.label}' vol-delete ${path}`
  return {
    id: `file ${host.uri} ${file}`,
    afterMs: Math.min(settings.orphanAfterMs, settings.sharedStorage ? toldAfterMs : Infinity),
    settle: async () => {
      if (settings.sharedStorage) {
        return told(
          `hypervisors that are not listed may use it. Where none can reach that storage, sharedStorage: false has it removed; else ${byHand}`,
        )
      }
      if (others.length > 0) {
        return told(
          `sharedStorage is false, and yet there are files that a hypervisor which is not listed has made; ${byHand}`,
        )
      }
      const { free, kept } = await guard.ask({ host, store, files: [file], own: [], isIdle: true }, step)
      await store.remove(free, step)
      return kept.flatMap(({ why }: Kept) => told(`${why}. It goes by itself once that is over`))
    },
  }
}

function othersLeftover(context: Context, others: readonly OwnFile[], group: string): Leftover {
  const [first] = others
  const makers = new Set(others.map(({ owner }) => owner.mark)).size
  const path = first === undefined ? '' : first.store.pathOf(first.file)
  const message =
    `${others.length} files of group ${group}, such as ${path}, were made on ${makers} hypervisors that are not listed here: they ` +
    'stay, for their machines may run there. List those hypervisors; or if they are gone for good, remove the files by hand'
  return {
    id: 'others',
    isForeign: true,
    afterMs: Math.min(context.settings.orphanAfterMs, toldAfterMs),
    settle: async () => [{ about: 'files of other hypervisors', message }],
  }
}
