import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { bundleController } from './support/controller-process.js'
import { Playground, eventually } from './support/playground.js'

let outDir = ''
let script = ''

beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'flotilla-owner-'))
  script = await bundleController(outDir, 'owner')
})

afterAll(() => rm(outDir, { recursive: true, force: true }))

/** A controller, and the first thing that it says. */
async function start(
  args: readonly string[],
): Promise<{ pid: number; said: string; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
  }
  onTestFinished(kill)
  const [said] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { pid: child.pid ?? 0, said, kill }
}

it.runIf(process.platform === 'linux')(
  'refuses a second controller of a group without any store, with the pid of the first, and takes over from a killed one at once',
  async () => {
    const playground = await Playground.make()
    onTestFinished(() => playground.cleanup())
    const group = `g${process.pid}`
    const args = [playground.stateDir, group]
    const first = await start(args)
    expect(first.said).toBe('started')
    await eventually(
      async () => playground.pidsOf(),
      (pids) => pids.length === 1,
    )

    const second = await start(args)
    expect(second.said).toMatch(
      new RegExp(
        `^refused hold group ${group} of processes on this host: process ${first.pid} \\(node .*owner.mjs\\) on .+ has held it since 20.+; stop that one first, or give one of the two another group$`,
      ),
    )
    expect((await start([playground.stateDir, `${group}-other`])).said).toBe('started')

    await first.kill()
    expect((await start(args)).said).toBe('started')
  },
  60_000,
)
