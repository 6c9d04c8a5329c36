import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DecisionTrace, FlotillaError } from '../../../src/index.js'
import { decisionLogFile } from '../../../src/decide/log/decision-log-file.js'
import { FakeClock } from '../../../src/testing/common/fake-clock.js'
import { at } from '../../observations.js'

const trace = (tick: number, reason = `tick ${tick}`): DecisionTrace => ({
  group: 'web',
  at: at + tick,
  current: 2,
  desired: 2,
  outcome: 'hold',
  reason,
  metrics: [],
  policies: [],
  steps: [],
  notes: [],
})
const lineBytes = Buffer.byteLength(`${JSON.stringify(trace(1))}\n`)

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-log-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const reasonsIn = async (path: string): Promise<readonly string[]> =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as DecisionTrace).reason)

describe('decisionLogFile', () => {
  it('writes each decision as a line of JSON, in order, into a file for its owner only', async () => {
    const path = join(directory, 'deep', 'web.jsonl')
    const log = decisionLogFile({ path })
    for (const tick of [1, 2, 3]) log.write(trace(tick))
    await log.close()
    expect(await reasonsIn(path)).toEqual(['tick 1', 'tick 2', 'tick 3'])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('begins a line of its own behind half a line that a crash left', async () => {
    const path = join(directory, 'web.jsonl')
    await writeFile(path, '{"group":"web","at":17')
    const log = decisionLogFile({ path })
    for (const tick of [1, 2]) {
      log.write(trace(tick))
      await log.flush()
    }
    await log.close()
    const [half, ...lines] = (await readFile(path, 'utf8')).trimEnd().split('\n')
    expect(half).toBe('{"group":"web","at":17')
    expect(lines.map((line) => (JSON.parse(line) as DecisionTrace).reason)).toEqual(['tick 1', 'tick 2'])
  })

  it('returns before anything is written', () => {
    const log = decisionLogFile({ path: join(directory, 'web.jsonl') })
    expect(log.write(trace(1))).toBeUndefined()
    return log.close()
  })

  it('goes on in a file that is there', async () => {
    const path = join(directory, 'web.jsonl')
    for (const tick of [1, 2]) {
      const log = decisionLogFile({ path })
      log.write(trace(tick))
      await log.close()
    }
    expect(await reasonsIn(path)).toEqual(['tick 1', 'tick 2'])
  })

  it('rotates before a file grows past its bound, and keeps so many old ones', async () => {
    const path = join(directory, 'web.jsonl')
    const log = decisionLogFile({ path, maxBytes: 2 * lineBytes, keep: 2 })
    for (let tick = 1; tick <= 9; tick += 1) {
      log.write(trace(tick))
      await log.flush()
    }
    await log.close()
    expect((await readdir(directory)).toSorted()).toEqual(['web.jsonl', 'web.jsonl.1', 'web.jsonl.2'])
    expect(await reasonsIn(path)).toEqual(['tick 9'])
    expect(await reasonsIn(`${path}.1`)).toEqual(['tick 7', 'tick 8'])
    expect(await reasonsIn(`${path}.2`)).toEqual(['tick 5', 'tick 6'])
  })

  it('splits a burst over as many files as it needs', async () => {
    const path = join(directory, 'web.jsonl')
    const log = decisionLogFile({ path, maxBytes: 2 * lineBytes, keep: 5 })
    for (let tick = 1; tick <= 5; tick += 1) log.write(trace(tick))
    await log.close()
    const sizes = await Promise.all(
      (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size),
    )
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2 * lineBytes)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(5 * lineBytes)
  })

  it('keeps no old file when told so', async () => {
    const path = join(directory, 'web.jsonl')
    const log = decisionLogFile({ path, maxBytes: lineBytes, keep: 0 })
    for (let tick = 1; tick <= 3; tick += 1) log.write(trace(tick))
    await log.close()
    expect(await readdir(directory)).toEqual(['web.jsonl'])
    expect(await reasonsIn(path)).toEqual(['tick 3'])
  })

  it('bears a disk that refuses: says so once, tries again later, and loses nothing meanwhile', async () => {
    const clock = new FakeClock()
    // A file stands where the directory should be.
    const blocked = join(directory, 'blocked')
    await writeFile(blocked, '')
    const problems: FlotillaError[] = []
    const path = join(blocked, 'web.jsonl')
    const log = decisionLogFile({ path, clock, onProblem: (error) => problems.push(error) })
    log.write(trace(1))
    await log.flush()
    log.write(trace(2))
    await log.flush()
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toContain(`write the decision log ${path} (next try in 1 s)`)
    expect(problems[0]?.retryable).toBe(true)
    await rm(blocked)
    await log.close()
    expect(await reasonsIn(path)).toEqual(['tick 1', 'tick 2'])
    expect(log.droppedCount).toBe(0)
  })

  it('waits longer and longer before it tries again by itself', async () => {
    const clock = new FakeClock()
    const blocked = join(directory, 'blocked')
    await writeFile(blocked, '')
    const path = join(blocked, 'web.jsonl')
    const log = decisionLogFile({ path, clock })
    log.write(trace(1))
    await log.flush()
    await rm(blocked)
    log.write(trace(2))
    await new Promise((resolve) => setImmediate(resolve))
    expect(await readdir(directory)).toEqual([])
    await clock.advance(1000)
    log.write(trace(3))
    await log.close()
    expect(await reasonsIn(path)).toEqual(['tick 1', 'tick 2', 'tick 3'])
  })

  it('bears a disk that is full', async () => {
    const problems: FlotillaError[] = []
    // Where there is no such device, nothing can be written there either.
    const log = decisionLogFile({ path: '/dev/full', onProblem: (error) => problems.push(error) })
    log.write(trace(1))
    await expect(log.close()).resolves.toBeUndefined()
    expect(problems.map(({ message }) => message.startsWith('write the decision log /dev/full'))).toEqual([
      true,
    ])
  })

  it('drops what is more than it may keep waiting, and counts it', async () => {
    const blocked = join(directory, 'blocked')
    await writeFile(blocked, '')
    const log = decisionLogFile({ path: join(blocked, 'web.jsonl') })
    for (let tick = 0; tick < 50; tick += 1) log.write(trace(tick, 'x'.repeat(100_000)))
    await log.flush()
    expect(log.droppedCount).toBeGreaterThan(5)
    expect(log.droppedCount).toBeLessThan(15)
    // What waits when it is closed is lost too.
    await log.close()
    expect(log.droppedCount).toBe(50)
  })

  it('survives a listener that throws, and a trace that is no JSON', async () => {
    const blocked = join(directory, 'blocked')
    await writeFile(blocked, '')
    const log = decisionLogFile({
      path: join(blocked, 'web.jsonl'),
      onProblem: () => {
        throw new Error('mine')
      },
    })
    const circular = { ...trace(1) } as unknown as { self: unknown } & DecisionTrace
    Object.assign(circular, { self: circular })
    expect(() => log.write(circular)).not.toThrow()
    log.write(trace(1))
    await expect(log.close()).resolves.toBeUndefined()
    expect(log.droppedCount).toBe(2)
  })

  it('takes nothing more once closed, and may be closed twice', async () => {
    const path = join(directory, 'web.jsonl')
    const log = decisionLogFile({ path })
    log.write(trace(1))
    await log.close()
    log.write(trace(2))
    await log.close()
    expect(await reasonsIn(path)).toEqual(['tick 1'])
  })

  it.each([
    ['path', { path: '' }],
    ['maxBytes', { path: 'x', maxBytes: 0 }],
    ['keep', { path: 'x', keep: -1 }],
    ['onProblem', { path: 'x', onProblem: 3 }],
  ])('refuses a bad %s', (field, options) => {
    expect(() => decisionLogFile(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })
})
