import type { Context } from '../context.js'
import type { Label } from '../labels.js'
import type { ProcessRow, ProcessTable } from './process-table.js'
import type { LaunchRecord } from '../book/record.js'

/** A process that carries the label of one of our instances. */
export interface Labelled {
  readonly row: ProcessRow
  readonly label: Label
}

/** The labels of all processes that live and carry one, by pid. */
export async function readLabels(
  table: ProcessTable,
  rows: readonly ProcessRow[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Label>> {
  const living = rows.filter((row) => row.state !== 'zombie')
  return table.labels(
    living.map((row) => row.pid),
    signal,
  )
}

/**
 * The processes that are instances of a group by their label, by token. An instance leads its own session; what it has
 * started carries the label too, and may lead one as well.
 */
export async function findLabelled(
  { table, owner }: Pick<Context, 'table' | 'owner'>,
  {
    group,
    rows,
    signal,
  }: { readonly group: string; readonly rows: readonly ProcessRow[]; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, Labelled>> {
  const leaders = rows.filter((row) => row.pid === row.sessionId)
  const found = await readLabels(table, leaders, signal)
  const instances = new Map<string, Labelled>()
  for (const row of leaders) {
    const label = found.get(row.pid)
    if (label?.owner !== owner || label.group !== group) continue
    const other = instances.get(label.token)
    const parent = found.get(row.parentPid)
    // The first of a family is the instance: none of its own is its parent, and of two such it has the lower pid.
    const isFirst = parent?.owner !== owner || parent.group !== group || parent.token !== label.token
    if (isFirst && (other === undefined || row.pid < other.row.pid))
      instances.set(label.token, { row, label })
  }
  return instances
}

/** The record of an instance that is known by its label only. */
export function recordFromLabel({ row, label }: Labelled, claim: Context['claim']): LaunchRecord {
  const { host, port, createdAt, templateHash } = label
  return { claim, host, port, createdAt, templateHash, child: { pid: row.pid, birth: row.birth } }
}
