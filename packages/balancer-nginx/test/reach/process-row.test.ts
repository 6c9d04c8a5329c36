import { describe, expect, it } from 'vitest'
import { rowsFromPs, rowsFromTop, workersIn } from '../../src/reach/process-row.js'

const ps = `      1       0 /sbin/init
   4242       1 nginx: master process /usr/sbin/nginx -g daemon on;
   4243    4242 nginx: worker process is shutting down
   4250    4242 nginx: worker process
   4251    4242 nginx: cache manager process
    999       1 vim nginx: worker process
`

describe('workersIn', () => {
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
    expect(() => workersIn(rowsFromPs(two), 'nginx')).toThrow('2 masters run there')
    expect(workersIn(rowsFromPs(two), 'nginx', 5000)).toEqual([{ id: '5001', isLeaving: false }])
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
