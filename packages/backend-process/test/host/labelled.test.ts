import { describe, expect, it } from 'vitest'
import { findLabelled } from '../../src/host/labelled.js'
import type { Label } from '../../src/labels.js'
import type { ProcessRow, ProcessTable } from '../../src/host/process-table.js'
import { never } from '../support/playground.js'
import { row } from '../support/rows.js'

const label: Label = {
  owner: 'me',
  group: 'web',
  token: 't',
  host: '::1',
  port: 5,
  templateHash: 'abc',
  createdAt: 1,
}

/** @param labelled - labels by pid */
async function find(
  rows: readonly ProcessRow[],
  labelled: Record<number, Partial<Label>>,
): Promise<readonly number[]> {
  const table: Pick<ProcessTable, 'labels'> = {
    labels: async (pids) =>
      new Map(
        pids.flatMap((pid) => (pid in labelled ? [[pid, { ...label, ...labelled[pid] }] as const] : [])),
      ),
  }
  const found = await findLabelled(
    { table: table as ProcessTable, owner: 'me' },
    { group: 'web', rows, signal: never },
  )
  return [...found.values()].map((each) => each.row.pid)
}

describe('the instances that are known by their label', () => {
  it.each([
    ['lead a session', [row(10), row(11, { sessionId: 10 })], { 10: {}, 11: {} }, [10]],
    ['are of this owner', [row(10)], { 10: { owner: 'another' } }, []],
    ['are of this group', [row(10)], { 10: { group: 'other' } }, []],
    ['live', [row(10, { state: 'zombie' })], { 10: {} }, []],
    ['are one for each token', [row(10), row(11)], { 10: {}, 11: { token: 'u' } }, [10, 11]],
    ['are the parent, not the child', [row(10), row(11, { parentPid: 10 })], { 10: {}, 11: {} }, [10]],
    [
      'are the parent also when pids have begun again',
      [row(10, { parentPid: 99 }), row(99)],
      { 10: {}, 99: {} },
      [99],
    ],
    ['are the first of those without a parent', [row(11), row(10)], { 10: {}, 11: {} }, [10]],
    [
      'may be children of another instance',
      [row(10), row(11, { parentPid: 10 })],
      { 10: { token: 'u' }, 11: {} },
      [10, 11],
    ],
  ] as const)('%s', async (_what, rows, labelled, expected) => {
    expect(await find(rows, labelled)).toEqual(expected)
  })
})
