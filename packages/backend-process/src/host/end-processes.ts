import { FlotillaError } from '@flotilla/core'
import type { Context } from '../context.js'
import { fromSystem } from '../errors.js'
import { instanceId } from '../labels.js'
import { readLabels } from './labelled.js'
import { membersOf, signalTargets, type Machine } from './members.js'
import { isSame, type ProcessRow } from './process-table.js'

const defaults = {
  /** After SIGKILL only a process stuck in the kernel stays. */
  killMs: 5_000,
  /** A group is killed again this often: a process may have been forked while the first kill went through it. */
  killAgainMs: 500,
  firstPauseMs: 5,
  longestPauseMs: 100,
}

type Tools = Pick<Context, 'table' | 'clock' | 'owner' | 'settings'>

/**
 * Ends all processes of these instances: the stop signal, grace, SIGKILL. Resolves when none is left, with the reasons
 * of those that could not be ended.
 */
export async function endProcesses(
  { table, clock, owner, settings }: Tools,
  machines: readonly Machine[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FlotillaError>> {
  const failed = new Map<string, FlotillaError>()
  const asked = new Set<number>()
  // Both run from the signal, however long it took to find whom to send it to.
  let graceEnd: number | undefined
  let killEnd: number | undefined
  for (;;) {
    const rows = await table.all(signal)
    const labels = await readLabels(table, rows, signal)
    const isLabelled = ({ id }: Machine, pid: number): boolean => {
      const label = labels.get(pid)
      return label?.owner === owner && instanceId(label.group, label.token) === id
    }
    const left = machines
      .filter((machine) => !failed.has(machine.id))
      .map((machine) => ({ machine, members: membersOf(machine, rows, (pid) => isLabelled(machine, pid)) }))
      .filter(({ members }) => members.length > 0)
    if (left.length === 0) return failed
    // Reading whose each process is takes its time: a pid may be another process' by now. So those to be told are looked
    // at once more, and told before anything else is awaited.
    const rowsNow = await readAgain(left.flatMap(({ members }) => members))
    const now = clock.monotonic()
    graceEnd ??= now + settings.graceMs
    const isGraceOver = now >= graceEnd
    if (isGraceOver) killEnd ??= now + defaults.killMs
    for (const { machine, members: before } of left) {
      const members = before.flatMap((row) => rowsNow.get(row.pid) ?? [])
      if (members.length === 0) continue
      const error =
        now >= (killEnd ?? Infinity) ? stillThere(machine, members) : tell(members, rows, isGraceOver)
      if (error !== undefined) failed.set(machine.id, error)
    }
    const members = left
      .filter(({ machine }) => !failed.has(machine.id))
      .flatMap((each) => each.members)
      .filter((row) => rowsNow.has(row.pid))
    await untilGone(members, isGraceOver ? now + defaults.killAgainMs : graceEnd)
  }

  /** Those of these processes that are still what they were, by pid, as they are now. */
  async function readAgain(members: readonly ProcessRow[]): Promise<ReadonlyMap<number, ProcessRow>> {
    const births = new Map(members.map((row) => [row.pid, row.birth]))
    const now = await table.some([...births.keys()], signal)
    return new Map(now.filter((row) => isSame(row, births.get(row.pid))).map((row) => [row.pid, row]))
  }

  /** To be called with rows that were read just now. */
  function tell(
    members: readonly ProcessRow[],
    rows: readonly ProcessRow[],
    isGraceOver: boolean,
  ): FlotillaError | undefined {
    try {
      for (const target of signalTargets(members, rows)) {
        if (isGraceOver) table.send(target, 'SIGKILL')
        else if (!asked.has(target)) {
          asked.add(target)
          table.send(target, settings.stopSignal)
          // A frozen process would not hear of it before it is thawed.
          if (members.some((row) => row.state === 'frozen')) table.send(target, 'SIGCONT')
        }
      }
      return undefined
    } catch (error) {
      return fromSystem(error, `terminate: signal process ${members[0]?.pid}`)
    }
  }

  /** Looks at these processes only, which is cheap, until none is left or the time has come. */
  async function untilGone(members: readonly ProcessRow[], until: number): Promise<void> {
    const births = new Map(members.map((row) => [row.pid, row.birth]))
    let pauseMs = defaults.firstPauseMs
    for (let leftMs = until - clock.monotonic(); leftMs > 0; leftMs = until - clock.monotonic()) {
      await clock.sleep(Math.min(pauseMs, leftMs), { signal })
      pauseMs = Math.min(pauseMs * 2, defaults.longestPauseMs)
      const rows = await table.some([...births.keys()], signal)
      if (!rows.some((row) => isSame(row, births.get(row.pid)))) return
    }
  }
}

function stillThere({ id }: Machine, members: readonly ProcessRow[]): FlotillaError {
  const pids = members.map((row) => row.pid).join(', ')
  const message = `terminate ${id}: still there ${defaults.killMs} ms after SIGKILL: process ${pids}`
  return new FlotillaError('timeout', message, { instanceId: id })
}
