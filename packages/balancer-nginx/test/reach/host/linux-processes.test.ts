import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { hostProcesses } from '../../../src/reach/host/host-processes.js'
import { forever } from '../../sample.js'

const script = "process.title = 'nginx: worker process'; process.send('up'); setInterval(() => {}, 1000)"

describe.each(['linux', 'ps'])('the processes of this host, from %s', (system) => {
  it.runIf(process.platform === 'linux' || system === 'ps')('finds a child while it runs', async () => {
    const processes = hostProcesses(5000, system)
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    await once(child, 'message')
    const pid = child.pid ?? 0
    const row = (await processes.children(process.pid, forever)).find((one) => one.pid === pid)
    expect(row).toMatchObject({ parentPid: process.pid, title: expect.stringContaining('nginx: worker') })
    const id = row?.id ?? ''
    expect(await processes.one(pid, forever)).toEqual(row)
    expect(await processes.find([id], forever)).toEqual([row])
    if (system === 'linux') expect(await processes.find([`${pid}@1`], forever)).toEqual([])
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    expect(await processes.one(pid, forever)).toBeUndefined()
    expect(await processes.find([id], forever)).toEqual([])
    expect((await processes.children(process.pid, forever)).map((one) => one.pid)).not.toContain(pid)
  })
})
