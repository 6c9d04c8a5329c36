import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Lab } from '../lib/contract.js'
import { runLab } from '../lib/run-lab.js'

const none = { passed: 0, failed: 0, skipped: 0 }

describe('runLab', () => {
  let directory = ''
  let did: string[] = []
  let said: string[] = []

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'flotilla-run-lab-'))
    did = []
    said = []
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const labOf = (parts: Partial<Lab> = {}): Lab => {
    const lab: Lab = {
      up: async () => {},
      test: async () => ({ ...none, passed: 3 }),
      down: async () => {},
      ...parts,
    }
    const noted =
      <T>(name: keyof Lab, work: (context: Parameters<Lab['up']>[0]) => Promise<T>) =>
      (context: Parameters<Lab['up']>[0]) => {
        did.push(name)
        return work(context)
      }
    return { up: noted('up', lab.up), test: noted('test', lab.test), down: noted('down', lab.down) }
  }
  const run = (lab: Lab, options: Partial<Parameters<typeof runLab>[2]> = {}) => {
    const context = {
      name: 'fake',
      directory,
      workDirectory: join(directory, 'work'),
      log: (line: string) => void said.push(line),
      runSuites: async () => none,
    }
    return runLab(lab, context, { stop: new AbortController().signal, ...options })
  }

  it('brings the lab up, tests it, takes it down, and gives the counts of its tests', async () => {
    const lab = labOf({ test: async () => ({ passed: 3, failed: 1, skipped: 2 }) })
    expect(await run(lab)).toEqual({ passed: 3, failed: 1, skipped: 2 })
    expect(did).toEqual(['up', 'test', 'down'])
  })

  it('takes down what came up half way, without testing it', async () => {
    const up = () => Promise.reject(new Error('no such image'))
    expect(await run(labOf({ up }))).toEqual({ ...none, failed: 1 })
    expect(did).toEqual(['up', 'down'])
    expect(said.join('\n')).toContain('up failed: Error: no such image')
  })

  it('takes the lab down after tests that throw', async () => {
    expect(await run(labOf({ test: () => Promise.reject(new Error('lost it')) }))).toEqual({
      ...none,
      failed: 1,
    })
    expect(did).toEqual(['up', 'test', 'down'])
  })

  it('counts a lab that does not come down as failed', async () => {
    const down = () => Promise.reject(new Error('busy'))
    expect(await run(labOf({ down }))).toEqual({ passed: 3, failed: 1, skipped: 0 })
  })

  it('counts files left behind as failed', async () => {
    const up: Lab['up'] = async ({ workDirectory }) => writeFileSync(workDirectory, '')
    expect(await run(labOf({ up }))).toEqual({ passed: 3, failed: 1, skipped: 0 })
    expect(said.join('\n')).toContain('is left behind')
  })

  it('leaves the lab up when asked to keep it, and says how to take it down', async () => {
    await run(labOf(), { keep: true })
    expect(did).toEqual(['up', 'test'])
    expect(said.at(-1)).toContain('npm run lab -- fake --down')
  })

  it('only takes down when asked to', async () => {
    expect(await run(labOf(), { onlyDown: true })).toEqual(none)
    expect(did).toEqual(['down'])
  })

  it('takes the lab down when it is stopped, with a signal that has not aborted', async () => {
    const stop = new AbortController()
    let downAborted = true
    const lab = labOf({
      test: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
          stop.abort(new Error('stopped by SIGINT'))
        }),
      down: async ({ signal }) => {
        downAborted = signal.aborted
      },
    })
    expect(await run(lab, { stop: stop.signal })).toEqual({ ...none, failed: 1 })
    expect(did).toEqual(['up', 'test', 'down'])
    expect(downAborted).toBe(false)
    expect(said.join('\n')).toContain('stopped by SIGINT')
  })

  it('lets a part that was stopped settle before it takes the lab down', async () => {
    const stop = new AbortController()
    const lab = labOf({
      up: async ({ signal }) => {
        stop.abort(new Error('stopped'))
        await new Promise((resolve) => setTimeout(resolve, 5))
        did.push('settled')
        signal.throwIfAborted()
      },
    })
    await run(lab, { stop: stop.signal })
    expect(did).toEqual(['up', 'settled', 'down'])
  })

  it('does not wait for ever for a part that hangs', async () => {
    const up = () => new Promise<void>(() => {})
    expect(await run(labOf({ up }), { bounds: { upMs: 5, settleMs: 5 } })).toEqual({ ...none, failed: 1 })
    expect(did).toEqual(['up', 'down'])
  })
})
