import { labelPrefix, readLabel, type Label } from '../labels.js'
import type { ProcessRow } from './process-table.js'

/** The columns that `parsePsRows` reads, for `ps -o`; an empty title each, so that there is no header line. */
export const psColumns = 'pid=,ppid=,pgid=,state=,rss=,time=,lstart='

const rowPattern = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+([\d:.-]+)\s+(\S.*?)\s*$/

/** The rows of `ps -o psColumns`; lines of another shape are left out. */
export function parsePsRows(output: string): readonly ProcessRow[] {
  return output.split('\n').flatMap((line) => {
    const [, pid, parent, group, state, rss, time, started] = rowPattern.exec(line) ?? []
    const cpuMs = parsePsTime(time ?? '')
    if (started === undefined || state === undefined || cpuMs === undefined) return []
    return {
      pid: Number(pid),
      parentPid: Number(parent),
      groupId: Number(group),
      sessionId: Number(group),
      birth: started.replaceAll(/\s+/g, ' '),
      state: state.startsWith('Z') ? 'zombie' : state.startsWith('T') ? 'frozen' : 'live',
      cpuMs,
      memoryBytes: Number(rss) * 1024,
    }
  })
}

/** Processor time as `ps` prints it, `[days-][hours:]minutes:seconds[.hundredths]`, in milliseconds. */
export function parsePsTime(text: string): number | undefined {
  const [, days, hours, minutes, seconds] = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text) ?? []
  if (minutes === undefined) return undefined
  const wholeHours = Number(days ?? 0) * 24 + Number(hours ?? 0)
  return Math.round(((wholeHours * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000)
}

const variablePattern = new RegExp(`(?:^|\\s)(${labelPrefix}[A-Z_]+)=(\\S*)`, 'g')

/**
 * Labels by pid from lines of pid, command and environment (`ps -E -o pid=,command=`). The environment comes last, so
 * the last word of a name wins over arguments that look like one. No value of a label holds a space.
 */
export function parsePsLabels(output: string): ReadonlyMap<number, Label> {
  const found = new Map<number, Label>()
  for (const line of output.split('\n')) {
    const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? []
    if (pid === undefined || command === undefined || !command.includes(labelPrefix)) continue
    const variables = [...command.matchAll(variablePattern)].map(([, name, value]): [string, string] => [
      name ?? '',
      value ?? '',
    ])
    const label = readLabel(new Map(variables))
    if (label !== undefined) found.set(Number(pid), label)
  }
  return found
}
