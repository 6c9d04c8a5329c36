import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Backend } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readTail, trimOutput } from '../../src/book/output.js'
import { Playground, eventually, never } from '../support/playground.js'

let playground: Playground

beforeEach(async () => {
  playground = await Playground.make()
})
afterEach(async () => playground.cleanup())

const node = (script: string) => [process.execPath, '-e', script] as const
const launch = async (backend: Backend) => backend.launch({ group: 'web', token: 't' }, { signal: never })
const listed = async (backend: Backend) => (await backend.list('web', { signal: never }))[0]

async function untilStopped(backend: Backend) {
  const instance = await eventually(
    async () => listed(backend),
    (found) => found?.status === 'stopped',
  )
  if (instance === undefined) throw new Error('it is not listed')
  return instance
}

describe('the last output of an instance', () => {
  it('is what a worker that crashed said of it, beside its exit code', async () => {
    const crash = `console.log('starting'); console.error('boom: no DB_URL'); process.exit(3)`
    const backend = playground.backend({ command: node(crash) })
    await launch(backend)
    const instance = await untilStopped(backend)
    expect(instance.statusReason).toBe('exited with code 3')
    expect(await backend.lastOutput?.(instance, { signal: never })).toBe('starting\nboom: no DB_URL')
  })

  it('is the same to the next controller', async () => {
    await launch(playground.backend({ command: node(`console.error('boom')`) }))
    const next = playground.backend()
    const instance = await untilStopped(next)
    expect(await next.lastOutput?.(instance, { signal: never })).toBe('boom')
  })

  it('shows no value of the environment that the options give', async () => {
    const script = `console.error('cannot log in with ' + process.env.DB_PASS_FILE)`
    const backend = playground.backend({ command: node(script), env: { DB_PASS_FILE: 'hunter2 and more' } })
    await launch(backend)
    const instance = await untilStopped(backend)
    expect(await backend.lastOutput?.(instance, { signal: never })).toBe('cannot log in with (hidden)')
  })

  it('is absent when there is none, and when the instance is gone', async () => {
    const backend = playground.backend()
    const instance = await launch(backend)
    expect(await backend.lastOutput?.(instance, { signal: never })).toBeUndefined()
    await backend.terminate('web', [instance.id], { signal: never })
    expect(await backend.lastOutput?.(instance, { signal: never })).toBeUndefined()
  })

  it('is that of a worker which outlived its controller too: it writes to a file, not to us', async () => {
    const backend = playground.backend({ command: node(`setInterval(() => console.log('still here'), 20)`) })
    const instance = await launch(backend)
    await backend.close()
    const next = playground.backend()
    const text = await eventually(
      async () => next.lastOutput?.(instance, { signal: never }),
      (found) => found !== undefined,
    )
    expect(text).toContain('still here')
  })
})

describe('the output of an instance', () => {
  it('stays within its bound while it runs, the end kept, and goes on at the new end', async () => {
    const script = `let n = 0; setInterval(() => console.log('x'.repeat(999) + n++), 1)`
    const backend = playground.backend({ command: node(script), maxOutputBytes: 8192 })
    const instance = await launch(backend)
    const { current, previous } = playground.records.output('web', 't')
    const numberAt = async () =>
      Number(/(\d+)$/.exec((await backend.lastOutput?.(instance, { signal: never })) ?? '')?.[1] ?? 0)
    await eventually(
      async () => listed(backend).then(numberAt),
      (last) => last > 60,
    )
    // It writes on while we look. Never cut, it would be longer than this by now, and for good.
    await eventually(
      async () => listed(backend).then(async () => (await stat(current)).size),
      (size) => size < 50_000,
    )
    expect((await stat(previous)).size).toBeLessThanOrEqual(4096)
    const at = await numberAt()
    await eventually(numberAt, (last) => last > at)
    await backend.terminate('web', [instance.id], { signal: never })
    expect(await playground.leftovers()).toEqual([])
  })

  it('that cannot be kept within it is a problem until it can', async () => {
    const script = `console.log('x'.repeat(9000)); setInterval(() => {}, 1e6)`
    const backend = playground.backend({ command: node(script), maxOutputBytes: 8192 })
    await launch(backend)
    const { previous, current } = playground.records.output('web', 't')
    await eventually(
      async () => (await stat(current)).size,
      (size) => size > 9000,
    )
    await mkdir(previous)
    await listed(backend)
    expect(backend.problems?.('web')).toMatchObject([
      { about: 'output of web.t', message: expect.stringContaining('EISDIR') },
    ])
    expect(backend.problems?.('other')).toEqual([])
    await backend.terminate('web', ['web.t'], { signal: never })
    expect(backend.problems?.('web')).toEqual([])
  })
})

describe('output that is cut', () => {
  const paths = () => ({
    current: join(playground.stateDir, 'now'),
    previous: join(playground.stateDir, 'was'),
  })

  it.each([
    ['nothing', undefined, '', ''],
    ['as much as may be', 'abcdefgh', 'abcdefgh', ''],
    ['more', 'abcdefghi', '', 'fghi'],
  ])('has its last half put aside when there is more than may be: %s', async (_, before, now, was) => {
    if (before !== undefined) await writeFile(paths().current, before)
    await trimOutput(paths(), 8)
    const read = async (path: string) => readFile(path, 'utf8').catch(() => '')
    expect([await read(paths().current), await read(paths().previous)]).toEqual([now, was])
    expect(await readTail(paths())).toBe(was + now)
  })
})
