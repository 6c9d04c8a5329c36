import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundleChild, startChild } from '../../state/child-process.js'
import { temporaryDirectory } from '../../state/temporary-directory.js'

let path = ''
let remove = async (): Promise<void> => {}

beforeAll(async () => {
  ;({ path, remove } = await bundleChild(new URL('controller-child.ts', import.meta.url)))
})

afterAll(() => remove())

const bound = { timeout: 60_000, interval: 50 }

it('a holder that was suspended for longer than its lease makes no call once it wakes, and says who has the group', async () => {
  const directory = await temporaryDirectory()
  const machines = async (): Promise<number> => (await readdir(join(directory, 'machines'))).length
  const callsOf = async (pid: number): Promise<readonly string[]> => {
    const log = await readFile(join(directory, 'calls.log'), 'utf8')
    return log.split('\n').filter((line) => line.startsWith(`${pid} `))
  }

  const first = startChild(path, [directory, '3'])
  await expect.poll(() => first.lines, bound).toContain('started')
  await expect.poll(machines, bound).toBe(3)

  // It asks while the holder runs. Begun later, it could come up after the lease, when there is nobody to refuse it.
  const standby = startChild(path, [directory, '1'])
  await expect
    .poll(() => standby.lines, bound)
    .toContainEqual(expect.stringContaining(`refused: acquire group web: process ${first.pid} on `))
  expect(standby.lines).not.toContain('started')

  first.process.kill('SIGSTOP')
  const callsBefore = await callsOf(first.pid)
  await expect.poll(() => standby.lines, bound).toContain('started')
  await expect.poll(machines, bound).toBe(1)

  first.process.kill('SIGCONT')
  await expect
    .poll(() => first.lines.filter((line) => line.startsWith('problem ownership-lost: ')), bound)
    .toEqual([expect.stringContaining(`process ${standby.pid} on `)])
  await sleep(2000)
  expect(await callsOf(first.pid)).toEqual(callsBefore)
  expect(await machines()).toBe(1)

  // And has it again, without a restart, once the other is gone.
  standby.process.kill('SIGKILL')
  await expect.poll(() => first.lines, bound).toContain('recovered ownership-lost')
  await expect.poll(machines, bound).toBe(3)
}, 180_000)
