import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type DecisionRecorder,
  FlotillaError,
  decisionLog,
  decisionLogFile,
  fixed,
  replayDecisions,
} from '../../../src/index.js'
import { once } from '../../../src/testing/index.js'
import { ScriptedBalancer, rig } from '../harness.js'

const start = Date.UTC(2026, 0, 1)

describe('the log of a group', () => {
  it('has every tick, and what then happened to it', async () => {
    const log = decisionLog()
    const group = rig({ wanted: 3, log, victims: 'newest-instance' })
    await group.start()
    await group.clock.advance(25_000)
    group.wanted.count = 2
    await group.clock.advance(20_000)
    expect(log.size).toBe(5)
    const [out] = log.find({ outcome: 'scale-out' })
    expect(out?.aftermath.map(({ what }) => what.replace(/web-\w+/, 'X'))).toEqual([
      'X new -> launching: launched',
      'X new -> launching: launched',
      'X new -> launching: launched',
      'X launching -> in-service: it runs',
      'X launching -> in-service: it runs',
      'X launching -> in-service: it runs',
    ])
    const [down] = log.find({ outcome: 'scale-in' })
    expect(down?.trace).toMatchObject({ current: 3, desired: 2 })
    expect(down?.aftermath.map(({ what }) => what.replace(/^\S+ /, ''))).toEqual([
      expect.stringMatching(
        /^in-service -> terminating: the group needs only 2: the first by id of 3 alike$/,
      ),
      expect.stringMatching(/^terminating -> gone: the group needs only 2: the first by id of 3 alike$/),
    ])
  })

  it('says why each victim was chosen, in the event and in the log', async () => {
    const log = decisionLog()
    const balancer = new ScriptedBalancer()
    const group = rig({ wanted: 3, log, balancer, victims: ['oldest-template', 'least-busy'] })
    await group.start()
    await group.clock.advance(1000)
    const ids = group.backend.machines.show('web').map(({ id }) => id)
    for (const [index, id] of ids.entries())
      group.backend.setUsage(id, { cpuRatio: index === 1 ? 0.125 : 0.9, memoryBytes: 1 })
    await group.clock.advance(10_000)
    group.wanted.count = 2
    await group.clock.advance(10_000)
    const why = 'in-service -> draining: the group needs only 2: the least busy, cpu 0.125'
    expect(group.told).toContainEqual({
      name: 'instance',
      event: expect.objectContaining({ to: 'draining', reason: expect.stringContaining('the least busy') }),
    })
    expect(group.web.explain()).toContain(why)
    expect(log.find({ outcome: 'scale-in' })[0]?.aftermath[0]?.what).toContain(why)
  })

  it('has the failures, and their end', async () => {
    const log = decisionLog()
    const group = rig({ wanted: 1, log })
    group.backend.faults.launch = once({
      kind: 'fail',
      error: new FlotillaError('no-capacity', 'host is full'),
    })
    await group.start()
    await group.clock.advance(60_000)
    const what = log.find().flatMap(({ aftermath }) => aftermath.map((one) => one.what))
    expect(what.filter((line) => line.startsWith('launch-failed: host is full'))).toHaveLength(1)
    expect(what.some((line) => line.startsWith('launches wait until 2026-01-01T00:00:0'))).toBe(true)
    expect(what.some((line) => line.includes('launching -> in-service'))).toBe(true)
  })

  it('finds what a pause held back', async () => {
    const log = decisionLog()
    const group = rig({ wanted: 2, log })
    await group.start()
    await group.clock.advance(5000)
    await group.web.pause('scaling')
    await group.clock.advance(5000)
    group.wanted.count = 5
    await group.clock.advance(20_000)
    const held = log.find({ blockedBy: 'paused' })
    expect(held.map(({ trace }) => [trace.desired, trace.outcome])).toEqual([
      [2, 'hold'],
      [2, 'hold'],
    ])
    expect(held[0]?.trace.steps.at(-1)).toEqual({ step: 'paused', got: 5, gave: 2, why: 'scaling is paused' })
    expect(log.find({ blockedBy: 'any' })).toEqual(held)
    expect(group.web.explain()).toContain('Held back by a pause of scaling: the policies wanted 5.')
    await group.web.resume()
    await group.clock.advance(20_000)
    expect(log.find({ outcome: 'scale-out' })[0]?.trace.desired).toBe(5)
    const noted = log.find().flatMap(({ aftermath }) => aftermath.map(({ what }) => what))
    expect(noted).toContain('paused: scaling')
  })

  it('may be shared by groups, and asked for each', async () => {
    const log = decisionLog()
    const web = rig({ wanted: 2, log })
    const jobs = rig({ wanted: 3, log, group: 'jobs', fakeClock: web.clock })
    await web.start()
    await jobs.start()
    await web.clock.advance(20_000)
    expect(log.find({ group: 'jobs', outcome: 'scale-out' })[0]?.aftermath).toHaveLength(6)
    expect(log.explain(start + 1000, 'web')).toContain('web goes from 1 to 2.')
  })

  it('may be several, and one that throws disturbs neither the group nor the others', async () => {
    const log = decisionLog()
    const broken: DecisionRecorder = {
      record: () => {
        throw new Error('no')
      },
      note: () => {
        throw new Error('no')
      },
    }
    const group = rig({ wanted: 2, log: [broken, log] })
    await group.start()
    await group.clock.advance(10_000)
    expect(group.running()).toBe(2)
    expect(log.size).toBe(2)
  })
})

describe('explain and decisions of a group', () => {
  it('answers by time, from its own decisions and then from a longer log', async () => {
    const log = decisionLog()
    const group = rig({ wanted: 2, log, keepDecisions: 2 })
    expect(group.web.explain()).toContain('No decision of web is known')
    await group.start()
    await group.clock.advance(40_000)
    expect(group.web.decisions()).toHaveLength(2)
    expect(group.web.explain(start + 1000)).toContain('2026-01-01T00:00:00.000Z: web goes from 1 to 2.')
    expect(group.web.explain(start + 1000)).toContain('launching -> in-service: it runs')
    expect(group.web.explain()).toContain('2026-01-01T00:00:40.000Z: web stays at 2.')
    expect(group.web.explain(start - 1)).toBe(
      'No decision of web is known from 2025-12-31T23:59:59.999Z or before.',
    )
  })

  it('gives the decisions that match, oldest first', async () => {
    const group = rig({ wanted: 2 })
    await group.start()
    await group.clock.advance(20_000)
    group.wanted.count = 4
    await group.clock.advance(10_000)
    expect(group.web.decisions({ outcome: 'scale-out' }).map(({ desired }) => desired)).toEqual([2, 4])
    expect(group.web.decisions({ from: start + 15_000 }).map(({ at }) => at - start)).toEqual([
      20_000, 30_000,
    ])
    expect(group.web.decisions({ limit: 1 }).map(({ at }) => at - start)).toEqual([30_000])
  })
})

describe('the file of a group', () => {
  it('has what the memory has: read back, it answers the same', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'flotilla-record-'))
    try {
      const path = join(directory, 'web.jsonl')
      const file = decisionLogFile({ path })
      const log = decisionLog()
      const group = rig({ wanted: 2, log: [log, file], shadow: { six: fixed(6) } })
      await group.start()
      await group.clock.advance(20_000)
      group.wanted.count = 1
      await group.clock.advance(20_000)
      await group.clock.runUntil(group.web.stop())
      await file.close()
      const text = await readFile(path, 'utf8')
      const again = decisionLog()
      expect(replayDecisions(`${text}{"group":"we`, again)).toEqual({ decisionCount: 5, unreadableCount: 1 })
      expect(JSON.parse(JSON.stringify(again.find()))).toEqual(JSON.parse(JSON.stringify(log.find())))
      for (const atS of [0, 15, 25, 35, 45])
        expect(again.explain(start + atS * 1000)).toBe(log.explain(start + atS * 1000))
      expect(file.droppedCount).toBe(0)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})
