import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DarwinProcessTable } from '../../src/host/darwin-process-table.js'
import { never } from '../support/playground.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-ps-'))
})
afterEach(async () => rm(directory, { recursive: true, force: true }))

/** A `ps` of our own: what is proven is how the table runs it and takes its answer. */
async function table(script: string): Promise<DarwinProcessTable> {
  const ps = join(directory, 'ps')
  await writeFile(ps, `#!/bin/sh\n${script}\n`)
  await chmod(ps, 0o755)
  return new DarwinProcessTable(ps)
}

describe('DarwinProcessTable', () => {
  const row = '7 1 7 S 100 0:01.00 Sat Nov 21 21:04:20 2026'

  it('reads all processes with one run, in a language and time zone that never change', async () => {
    const ps = await table(`[ "$1 $2 $LC_ALL $TZ" = "-A -o C UTC" ] && echo "${row}"`)
    expect(await ps.all(never)).toMatchObject([{ pid: 7, cpuMs: 1000, memoryBytes: 102_400 }])
  })

  it('asks for several processes at once', async () => {
    const ps = await table(`[ "$1 $2" = "-p 7,8" ] && echo "${row}"`)
    expect(await ps.some([7, 8], never)).toHaveLength(1)
  })

  it('does not run ps for no process', async () => {
    const ps = await table('exit 3')
    expect(await ps.some([], never)).toEqual([])
    expect(await ps.labels([], never)).toEqual(new Map())
  })

  it('takes the exit code 1 of a ps that finds nothing for an empty answer', async () => {
    const ps = await table('exit 1')
    expect(await ps.some([7], never)).toEqual([])
  })

  it('rejects when ps fails otherwise: no answer is not an empty one', async () => {
    const ps = await table('echo "ps: illegal option" >&2; exit 64')
    await expect(ps.all(never)).rejects.toThrow('illegal option')
  })

  it('rejects with the reason of its signal', async () => {
    const ps = await table('exec sleep 60')
    const controller = new AbortController()
    const reading = ps.all(controller.signal)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(reading).rejects.toBe(reason)
  })
})
