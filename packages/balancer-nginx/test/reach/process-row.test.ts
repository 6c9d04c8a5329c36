import { describe, expect, it } from 'vitest'
import { processGroup, rowsFromPs, rowsFromTop, type ProcessRow } from '../../src/reach/process-row.js'

const ps = `      1       0 /sbin/init
   4242       1 nginx: master process /usr/sbin/nginx -g daemon on;
   4243    4242 nginx: worker process is shutting down
   4250    4242 nginx: worker process
   4251    4242 nginx: cache manager process
    999       1 vim nginx: worker process
`

const hint = 'give a pidFile'
const workersIn = (rows: readonly ProcessRow[], where: string, pid?: number): unknown =>
  processGroup(rows, { where, pid, hint }).workers

describe('processGroup', () => {
  it('finds the workers in a listing of ps', () => {
    expect(workersIn(rowsFromPs(ps), 'nginx')).toEqual([
      { id: '4243', isLeaving: true },
      { id: '4250', isLeaving: false },
    ])
  })

  it('says that nginx does not run when there is no master', () => {
    expect(() => workersIn(rowsFromPs('  1  0 init\n'), 'nginx on lb1')).toThrow('nginx on lb1 does not run')
  })

  it('does not take another installation’s workers for ours', () => {
    const two = `${ps}   5000       1 nginx: master process /opt/nginx\n   5001    5000 nginx: worker process\n`
    expect(() => workersIn(rowsFromPs(two), 'nginx')).toThrow(
      'the masters 4242, 5000 run there, and which is ours is not known: give a pidFile',
    )
    expect(workersIn(rowsFromPs(two), 'nginx', 5000)).toEqual([{ id: '5001', isLeaving: false }])
  })

  it('takes no other installation for ours when the pid file names none of them', () => {
    const which = { where: 'nginx', pid: 7, pidFile: '/run/nginx.pid', hint }
    expect(() => processGroup(rowsFromPs(ps), which)).toThrow(
      'nginx does not run: process 7, which /run/nginx.pid names, is no nginx master; start it',
    )
  })

  it('takes both masters of a binary upgrade for one installation', () => {
    const upgrading = `${ps}   5000    4242 nginx: master process /usr/sbin/nginx\n   5001    5000 nginx: worker process\n`
    for (const pid of [4242, 5000, undefined]) {
      const group = processGroup(rowsFromPs(upgrading), { where: 'nginx', pid, hint })
      expect(group.workers.map(({ id }) => id).toSorted()).toEqual(['4243', '4250', '5001'])
      expect(group.upgrade).toEqual({ oldPid: 4242, newPid: 5000 })
    }
  })

  it('reads what docker top gives, whatever its columns', () => {
    const full = rowsFromTop(
      ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
      [
        ['root', '10', '9', '0', '12:00', '?', '00:00:00', 'nginx: master process nginx -g daemon off;'],
        ['101', '11', '10', '0', '12:00', '?', '00:00:00', 'nginx: worker process'],
      ],
    )
    expect(workersIn(full, 'nginx')).toEqual([{ id: '11', isLeaving: false }])
    const busybox = rowsFromTop(
      ['PID', 'USER', 'TIME', 'COMMAND'],
      [
        ['10', 'root', '0:00', 'nginx: master process nginx'],
        ['11', 'nginx', '0:00', 'nginx: worker process is shutting down'],
      ],
    )
    expect(workersIn(busybox, 'nginx')).toEqual([{ id: '11', isLeaving: true }])
  })

  it('finds nobody in a table without the columns it needs', () => {
    expect(rowsFromTop(['USER'], [['root']])).toEqual([])
  })
})
