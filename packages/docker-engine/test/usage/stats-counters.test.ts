import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ContainerStats } from '../../src/api/docker-api.js'
import { readStats } from '../../src/usage/stats-counters.js'

describe("counters from the engine's stats", () => {
  const { stats } = JSON.parse(
    readFileSync(new URL('../fixtures/containers.json', import.meta.url), 'utf8'),
  ) as { stats: { running: ContainerStats; stopped: ContainerStats } }

  it('are read from a recorded answer, to the microsecond', () => {
    const read = readStats({ ...stats.running, read: '2026-11-21T21:46:30.170432414Z' })
    const { cpu_usage } = stats.running.cpu_stats
    const { usage = 0, stats: memory = {} } = stats.running.memory_stats
    expect(read).toMatchObject({
      cpuMs: cpu_usage.total_usage / 1e6,
      memoryBytes: usage - (memory['total_inactive_file'] ?? 0),
      onlineCores: 2,
    })
    expect(read?.readMs).toBeCloseTo(Date.UTC(2026, 10, 21, 21, 46, 30, 170) + 0.432414, 3)
  })

  it('are none for a container that does not run, which the engine answers all the same', () => {
    expect(readStats(stats.stopped)).toBeUndefined()
  })

  it('leave out what an engine leaves out', () => {
    const { running } = stats
    const bare = { ...running, cpu_stats: { cpu_usage: { total_usage: 5e6 } }, memory_stats: {} }
    expect(readStats(bare)).toMatchObject({
      cpuMs: 5,
      memoryBytes: undefined,
      onlineCores: undefined,
      periods: 0,
    })
    const version2 = { ...running, memory_stats: { usage: 100, stats: { inactive_file: 40 } } }
    expect(readStats(version2)?.memoryBytes).toBe(60)
  })
})
