import { FlotillaError } from '@flotilla/core'
import { SharedAnswer, messageOf, toFlotillaError, withDeadline } from '@flotilla/core/authoring'
import type { Step } from '../connection/link.js'
import type { DiskStore, Overlay } from '../disks/disk-store.js'
import { isLocked } from '../disks/qemu-img.js'
import type { Host } from '../host/host.js'
import type { Hypervisors } from '../host/hypervisors.js'
import { baseName } from '../names.js'
import type { FileUse, HostUses } from './file-uses.js'
import type { Kept } from './kept.js'

/** A domain whose own use of a file is no reason to keep it: the machine itself, that goes. */
export interface OwnDomain {
  readonly host: Host
  readonly uuid: string
}

/** Files that are to go. */
export interface FileQuestion {
  readonly host: Host
  readonly store: DiskStore
  readonly files: readonly string[]
  readonly own: readonly OwnDomain[]
  /** Whether nothing was seen running on them: then QEMU's own locks are looked at too, where they can be. */
  readonly isIdle: boolean
}

export interface FileAnswer {
  /**
   * May go, with snapshots' files that are based on them; in this order, so that a removal that is cut off leaves no file
   * whose base is gone: nothing else tells whose such a file is.
   */
  readonly free: readonly string[]
  readonly kept: readonly Kept[]
}

const askTimeoutMs = 10_000
const overlaysMaxAgeMs = 1000

/**
 * Asks everyone who can use a file before it is removed: every domain of every hypervisor that can reach it, and the files
 * beside it, which may be based on it. Who gives no answer may use it.
 */
export class FileGuard {
  readonly #hypervisors: Hypervisors
  readonly #overlays = new WeakMap<DiskStore, SharedAnswer<readonly Overlay[]>>()

  constructor(hypervisors: Hypervisors) {
    this.#hypervisors = hypervisors
  }

  async ask(question: FileQuestion, step: Step): Promise<FileAnswer> {
    const { host, store, own } = question
    const [answers, overlays] = await Promise.all([
      Promise.all(this.#hypervisors.hosts.map(async (one) => this.#uses(one, step))),
      this.#overlaysOf(store, step),
    ])
    const snapshots = ownSnapshots(question, answers, overlays)
    const files = [...question.files, ...snapshots]
    const going = new Set(files)
    const kept = new Map<string, string>()
    for (const file of files) {
      const why = reasonToKeep(file, { answers, overlays, own, going })
      if (why !== undefined) kept.set(file, why)
    }
    if (question.isIdle && host.isLocal) {
      for (const file of files) {
        if (!kept.has(file) && (await isLocked(store.pathOf(file), step, host.timeoutMs)) === true) {
          kept.set(file, 'a program has it open (QEMU holds a lock on it)')
        }
      }
    }
    keepBasesOfKept(kept, overlays, going)
    return {
      free: overlaysFirst(files, { snapshots, overlays }).filter((file) => !kept.has(file)),
      kept: [...kept].map(([file, why]) => ({ what: store.pathOf(file), why })),
    }
  }

  /** Domains of a hypervisor, other than these, that have a card with this address. */
  async cardUsers(
    host: Host,
    mac: string,
    own: readonly OwnDomain[],
    step: Step,
  ): Promise<readonly string[]> {
    const uses = await host.uses.get(step.signal)
    return (uses.macs.get(mac) ?? [])
      .filter(({ uuid }) => !own.some((one) => one.host === host && one.uuid === uuid))
      .map(({ name }) => name)
  }

  /** The removals of one moment share one look. */
  async #overlaysOf(store: DiskStore, { what, signal }: Step): Promise<readonly Overlay[]> {
    const book =
      this.#overlays.get(store) ??
      new SharedAnswer({
        fetch: async (inner) => store.overlays({ what, signal: inner }),
        clock: this.#hypervisors.clock,
        maxAgeMs: overlaysMaxAgeMs,
      })
    this.#overlays.set(store, book)
    return book.get(signal)
  }

  async #uses(host: Host, { what, signal }: Step): Promise<HostUses | FlotillaError> {
    if (this.#hypervisors.isKnownDown(host))
      return new FlotillaError('unavailable', `${host.label} does not answer`)
    const { clock } = host
    const timeoutMs = Math.min(askTimeoutMs, host.timeoutMs)
    try {
      return await withDeadline(async (inner) => host.uses.get(inner), { clock, timeoutMs, what, signal })
    } catch (error) {
      signal.throwIfAborted()
      return toFlotillaError(error, `ask the domains of ${host.label}`)
    }
  }
}

interface Known {
  readonly answers: readonly (HostUses | FlotillaError)[]
  readonly overlays: readonly Overlay[]
  readonly own: readonly OwnDomain[]
  readonly going: ReadonlySet<string>
}

function reasonToKeep(file: string, { answers, overlays, own, going }: Known): string | undefined {
  /** The machine's own, and by a disk that goes too. */
  const isOwn = ({ host, ref, basedDisk }: FileUse): boolean =>
    own.some((one) => one.host === host && one.uuid === ref.uuid) &&
    (basedDisk === undefined || going.has(baseName(basedDisk)))
  for (const answer of answers) {
    if (answer instanceof FlotillaError) return `somebody there may use it: ${messageOf(answer)}`
    const use = (answer.files.get(file) ?? []).find((one) => !isOwn(one))
    if (use !== undefined) return useText(use)
  }
  const overlay = overlays.find(({ base, file: other }) => base === file && !going.has(other))
  if (overlay !== undefined) return `the file ${overlay.file} beside it is based on it`
  // Only an image can have another one upon it.
  for (const answer of file.endsWith('.iso') || file.includes('.console.log') ? [] : answers) {
    if (answer instanceof FlotillaError) continue
    const unknown = answer.unreadable.find(
      ({ ref, path }) => !isOwn({ host: answer.host, ref, path, basedDisk: path }),
    )
    if (unknown === undefined) continue
    const { ref, path, why } = unknown
    return (
      `the disk ${path} of the powered-off domain ${ref.name} of ${answer.host.label} may be based on it, and what it is ` +
      `based on cannot be read (${why}); a storage pool over its directory would do: virsh pool-create-as NAME dir --target DIR`
    )
  }
  return undefined
}

function useText({ host, ref, basedDisk }: FileUse): string {
  const who = `the domain ${ref.name} of ${host.label}`
  return basedDisk === undefined ? `${who} uses it` : `the disk ${basedDisk} of ${who} is based on it`
}

/**
 * Files of snapshots of the machine's disks that libvirt has named itself: beside the disk, of the disk's name up to its
 * last dot, and either the machine's own disk now or based on what goes. What has another name, or is based on nothing of
 * the machine's, is somebody's copy.
 */
function ownSnapshots(
  { store, files, own }: FileQuestion,
  answers: readonly (HostUses | FlotillaError)[],
  overlays: readonly Overlay[],
): readonly string[] {
  const stems = files.flatMap((file) => (file.endsWith('.qcow2') ? [file.slice(0, -'qcow2'.length)] : []))
  const isNamedSo = (file: string): boolean => stems.some((stem) => file.startsWith(stem))
  const found = new Set<string>()
  for (const answer of answers) {
    if (answer instanceof FlotillaError) continue
    for (const [file, uses] of answer.files) {
      const isDisk = uses.some(
        ({ host, ref, path, basedDisk }) =>
          basedDisk === undefined &&
          own.some((one) => one.host === host && one.uuid === ref.uuid) &&
          (path === store.pathOf(file) || path === file),
      )
      if (isDisk && isNamedSo(file) && !files.includes(file)) found.add(file)
    }
  }
  // A snapshot that was merged or taken back leaves its file behind; such a file may have others upon it.
  for (let size = -1; size !== found.size;) {
    size = found.size
    for (const { file, base } of overlays) {
      if (isNamedSo(file) && (files.includes(base) || found.has(base))) found.add(file)
    }
  }
  return [...found]
}

/** A file that stays needs the files that it is based on. */
function keepBasesOfKept(
  kept: Map<string, string>,
  overlays: readonly Overlay[],
  going: ReadonlySet<string>,
): void {
  for (let size = -1; size !== kept.size;) {
    size = kept.size
    for (const { file, base } of overlays) {
      if (going.has(base) && kept.has(file) && !kept.has(base))
        kept.set(base, `the file ${file} beside it is based on it`)
    }
  }
}

/** A file before the one that it is based on; first a snapshot's that its pool does not know yet: it is the newest. */
function overlaysFirst(
  files: readonly string[],
  { snapshots, overlays }: { readonly snapshots: readonly string[]; readonly overlays: readonly Overlay[] },
): readonly string[] {
  const bases = new Map(overlays.map(({ file, base }) => [file, base]))
  const depthOf = (file: string): number => {
    if (snapshots.includes(file) && !bases.has(file)) return overlays.length + 1
    let depth = 0
    for (let at = bases.get(file); at !== undefined && depth < overlays.length; at = bases.get(at)) depth += 1
    return depth
  }
  return files.toSorted((one, other) => depthOf(other) - depthOf(one))
}
