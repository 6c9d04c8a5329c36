import { describe, expect, it } from 'vitest'
import { membersOf, signalTargets } from '../../src/host/members.js'
import type { ProcessRow } from '../../src/host/process-table.js'
import { row } from '../support/rows.js'

const machine = { id: 'web.t', child: { pid: 10, birth: 'b10' } }

/** @param labelled - the pids that carry the instance's label */
function pids(
  rows: readonly ProcessRow[],
  labelled: readonly number[] = [],
  of = machine,
): readonly number[] {
  return membersOf(of, rows, (pid) => labelled.includes(pid)).map(({ pid }) => pid)
}

describe('the processes of an instance', () => {
  const inside = { groupId: 10, sessionId: 10 }

  it.each([
    ['the recorded process', [row(10), row(11)], [], [10]],
    ['its whole group, labelled or not', [row(10), row(11, inside)], [], [10, 11]],
    ['other groups of its session', [row(10), row(11, { sessionId: 10 })], [], [10, 11]],
    ['what left its session and carries the label', [row(10), row(12)], [12], [10, 12]],
    [
      'nobody, when the pid has gone to another process',
      [row(10, { birth: 'later' }), row(11, inside)],
      [],
      [],
    ],
    [
      'what carries the label, when the pid has gone to another',
      [row(10, { birth: 'later' }), row(12)],
      [12],
      [12],
    ],
    ['nobody, when it is gone and its group carries no label', [row(11, inside)], [], []],
    [
      'its group, when it is gone and some of it carries the label',
      [row(11, inside), row(12, inside)],
      [11],
      [11, 12],
    ],
    ['its group, while it is a zombie', [row(10, { state: 'zombie' }), row(11, inside)], [], [11]],
    ['nobody, once all are zombies', [row(10, { state: 'zombie' })], [10], []],
    ['a frozen one', [row(10, { state: 'frozen' })], [], [10]],
  ] as const)('are %s', (_what, rows, labelled, expected) => {
    expect(pids(rows, labelled)).toEqual(expected)
  })

  it('are those with the label only, when its birth could not be read', () => {
    const of = { id: 'web.t', child: { pid: 10, birth: undefined } }
    expect(membersOf(of, [row(10), row(11, inside)], () => false)).toEqual([])
  })

  it('are those with the label only, when no process is written down', () => {
    const rows = [row(10), row(11)]
    expect(membersOf({ id: 'web.t' }, rows, (pid) => pid === 11).map(({ pid }) => pid)).toEqual([11])
  })
})

describe('whom to signal', () => {
  it('is the whole group where all of it is theirs', () => {
    const rows = [row(10), row(11, { groupId: 10 }), row(20)]
    expect(signalTargets(rows.slice(0, 2), rows)).toEqual([-10])
  })

  it('is each by itself where the group has others', () => {
    const rows = [row(10), row(11, { groupId: 10 }), row(12, { groupId: 10 })]
    expect(signalTargets(rows.slice(0, 2), rows)).toEqual([10, 11])
  })

  it('is every group once', () => {
    const rows = [row(10), row(11, { groupId: 10 }), row(20), row(21, { groupId: 20 })]
    expect(signalTargets(rows, rows)).toEqual([-10, -20])
  })

  it('takes no heed of zombies', () => {
    const rows = [row(10, { state: 'zombie' }), row(11, { groupId: 10 })]
    expect(signalTargets(rows.slice(1), rows)).toEqual([-10])
  })
})
