import {
  Autoscaler,
  FlotillaError,
  fixed,
  silentLogger,
  threshold,
  type AutoscalerOptions,
} from '@flotilla/core'
import { FakeClock, fakeBackend, fakeBalancer, fakeMetrics, once } from '@flotilla/core/testing'
import { Counter, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { groupMetrics } from '../src/index.js'

function makeGroup(options: Partial<AutoscalerOptions> = {}) {
  const clock = new FakeClock()
  const backend = fakeBackend({ clock, bootMs: 4000 })
  const jobs = fakeMetrics({ name: 'jobs', unit: 'count' })
  const metrics = groupMetrics({ clock })
  const group = new Autoscaler({
    group: 'web',
    min: 1,
    max: 4,
    intervalMs: 5000,
    backend: metrics.measured(backend),
    balancer: fakeBalancer({ clock }),
    metrics: [jobs],
    policy: threshold({ metric: 'jobs', above: 10, below: 2 }),
    behavior: { scaleIn: { windowMs: 0 } },
    clock,
    logger: silentLogger,
    ...options,
  })
  const forget = metrics.observe(group)
  return { clock, backend, jobs, metrics, group, forget, text: () => metrics.registry.metrics() }
}

/** The value of a line such as `name{label="x"}`; undefined where there is none. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe('the metrics of a group', () => {
  it('say what stands when they are asked for', async () => {
    const { clock, group, jobs, text } = makeGroup()
    jobs.set(5)
    await group.start()
    await clock.advance(20_000)
    const seen = await text()
    expect(valueOf(seen, 'flotilla_group_desired_instances{group="web"}')).toBe(1)
    expect(valueOf(seen, 'flotilla_group_min_instances{group="web"}')).toBe(1)
    expect(valueOf(seen, 'flotilla_group_max_instances{group="web"}')).toBe(4)
    expect(valueOf(seen, 'flotilla_group_instances{group="web",state="in-service"}')).toBe(1)
    expect(valueOf(seen, 'flotilla_group_instances{group="web",state="draining"}')).toBe(0)
    expect(valueOf(seen, 'flotilla_group_owned{group="web"}')).toBe(1)
    expect(valueOf(seen, 'flotilla_metric_value{group="web",metric="jobs",unit="count"}')).toBe(5)
    await group.stop()
  })

  it('count what happens, and time it', async () => {
    const { clock, group, jobs, text } = makeGroup()
    jobs.set(20)
    await group.start()
    await clock.advance(60_000)
    jobs.set(0)
    await clock.advance(60_000)
    const seen = await text()
    expect(valueOf(seen, 'flotilla_desired_changes_instances_total{group="web",direction="out"}')).toBe(3)
    expect(valueOf(seen, 'flotilla_desired_changes_instances_total{group="web",direction="in"}')).toBe(3)
    expect(valueOf(seen, 'flotilla_instance_changes_total{group="web",state="gone"}')).toBe(3)
    expect(valueOf(seen, 'flotilla_instance_ready_seconds_count{group="web"}')).toBe(4)
    expect(valueOf(seen, 'flotilla_instance_ready_seconds_sum{group="web"}')).toBeGreaterThan(4 * 3.9)
    expect(valueOf(seen, 'flotilla_instance_drain_seconds_count{group="web"}')).toBe(3)
    expect(valueOf(seen, 'flotilla_tick_seconds_count')).toBeGreaterThan(20)
    expect(valueOf(seen, 'flotilla_decisions_total{group="web",outcome="scale-out",limited_by=""}')).toBe(3)
    expect(valueOf(seen, 'flotilla_backend_call_seconds_count{backend="fake",call="launch"}')).toBe(4)
    await group.stop()
  })

  it('tell of failures by their code, and of the wait after them', async () => {
    const { clock, group, backend, text } = makeGroup({ policy: fixed(2) })
    const full = new FlotillaError('no-capacity', 'no host has room')
    backend.faults.launch = once({ kind: 'fail', error: full })
    await group.start()
    await clock.advance(500)
    const seen = await text()
    expect(
      valueOf(
        seen,
        'flotilla_backend_call_errors_total{group="web",backend="fake",call="launch",code="no-capacity"}',
      ),
    ).toBe(1)
    expect(valueOf(seen, 'flotilla_group_launch_failures_in_a_row{group="web"}')).toBe(1)
    expect(valueOf(seen, 'flotilla_group_problems{group="web",kind="launch-failed"}')).toBe(1)
    expect(valueOf(seen, 'flotilla_group_next_launch_timestamp_seconds{group="web"}')).toBeGreaterThan(
      clock.now() / 1000 - 1,
    )
    await group.stop()
  })

  it("count a call that does not answer within the group's bound", async () => {
    const { clock, group, backend, text } = makeGroup({ policy: fixed(2), timeouts: { launchMs: 1000 } })
    backend.faults.launch = once({ kind: 'stall' })
    await group.start()
    await clock.advance(3000)
    expect(
      valueOf(
        await text(),
        'flotilla_backend_call_errors_total{group="web",backend="fake",call="launch",code="timeout"}',
      ),
    ).toBe(1)
    await group.stop()
  })

  it('show no value where none is known, and never 0 in its place', async () => {
    const { group, text } = makeGroup()
    expect(valueOf(await text(), 'flotilla_group_desired_instances{group="web"}')).toBeUndefined()
    await group.stop()
  })

  it('forget a group with all that was counted of it', async () => {
    const { clock, group, jobs, text, forget } = makeGroup()
    jobs.set(20)
    await group.start()
    await clock.advance(60_000)
    await group.stop()
    await forget()
    expect((await text()).split('\n').filter((line) => line.includes('group="web"'))).toEqual([])
  })

  it('name no instance', async () => {
    const { clock, group, jobs, text } = makeGroup()
    jobs.set(20)
    await group.start()
    await clock.advance(60_000)
    const ids = group.status().instances.map(({ id }) => id)
    const seen = await text()
    expect(ids).toHaveLength(4)
    expect(ids.filter((id) => seen.includes(id))).toEqual([])
    await group.stop()
  })

  it("stand beside a program's own metrics", async () => {
    const registry = new Registry()
    const own = new Counter({ name: 'my_requests_total', help: 'Mine.', registers: [registry] })
    own.inc(3)
    const { registry: same } = groupMetrics({ registry })
    expect(same).toBe(registry)
    expect(await registry.metrics()).toContain('my_requests_total 3')
    expect(() => groupMetrics({ registry })).toThrow(/already been registered/)
  })

  it('refuse what is no registry', () => {
    expect(() => groupMetrics({ registry: {} as never })).toThrow(
      /groupMetrics: registry must be a registry of prom-client/,
    )
    expect(() => groupMetrics({ registri: 1 } as never)).toThrow(/did you mean `registry`/)
  })
})
