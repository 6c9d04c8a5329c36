import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { Autoscaler, fixed } from '@flotilla/core'
import { afterEach, expect, it, vi } from 'vitest'
import { tmux } from '../../backend.js'

const socket = `test-${randomUUID().slice(0, 8)}`
let workers: Autoscaler | undefined

afterEach(async () => {
  await workers?.stop({ terminate: true })
  for (const end of ['', '.lock'])
    await rm(`/tmp/tmux-${process.getuid?.()}/${socket}${end}`, { force: true })
})

it('runs a group, replaces who dies, and ends it', async () => {
  // #region group
  workers = new Autoscaler({
    group: 'workers',
    min: 2,
    max: 5,
    intervalMs: 1000,
    backend: tmux({ command: ['sh', '-c', 'while sleep 1; do date; done'], socket }),
    policy: fixed(2),
  })
  await workers.start()
  // #endregion
  const inService = () => workers?.status().instances.filter(({ state }) => state === 'in-service') ?? []
  const untilTwo = () =>
    vi.waitFor(() => expect(inService()).toHaveLength(2), { timeout: 20_000, interval: 50 })
  await untilTwo()
  const id = inService()[0]?.id
  execFileSync('tmux', ['-L', socket, 'kill-session', '-t', `=${id}`])
  await vi.waitFor(() => expect(inService().map((one) => one.id)).not.toContain(id), { timeout: 20_000 })
  await untilTwo()
  await workers.stop({ terminate: true })
  expect(() => execFileSync('tmux', ['-L', socket, 'list-sessions'], { stdio: 'pipe' })).toThrow(
    'no server running',
  )
})
