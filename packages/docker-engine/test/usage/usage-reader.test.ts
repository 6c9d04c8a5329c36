import { setTimeout as sleep } from 'node:timers/promises'
import { FlotillaError, type Instance, type Reading } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine.js'
import { UsageReader } from '../../src/usage/usage-reader.js'
import { fakeDockerBackend } from '../../../backend-docker/test/docker-kit.js'
import { fakeEngine } from '../fakes/fake-engine.js'
import { FakeDocker } from '../fakes/fake-docker.js'
import { dockerError, goneError } from '../fakes/fake-errors.js'

const call = { signal: new AbortController().signal }

interface Bench {
  readonly fake: FakeDocker
  readonly clock: FakeClock
  readonly engine: Engine
  readonly instances: readonly Instance[]
}

/** Containers that run on a fake engine, a second into their life. */
async function bench(count: number): Promise<Bench> {
  const clock = new FakeClock()
  const fake = new FakeDocker({ clock })
  const engine = fakeEngine(fake, { clock })
  const body = { Image: 'web:1', Labels: {}, HostConfig: { NanoCpus: 5e8 } }
  const instances: Instance[] = []
  for (let index = 0; index < count; index += 1) {
    const id = await fake.createContainer(`c${index}`, body, call)
    await fake.startContainer(id, call)
    instances.push({ id, group: 'g', token: `t${index}`, name: `c${index}`, status: 'running', createdAt: 0 })
  }
  await engine.facts.hasCgroups(call.signal)
  fake.calls.length = 0
  return { fake, clock, engine, instances }
}

function valueOf(readings: readonly Reading[], name: string, id: string | undefined): number | string {
  const found = readings.find((reading) => reading.name === name && reading.instanceId === id)
  if (found === undefined) throw new Error(`no ${name} of ${id}`)
  return found.kind === 'value' ? found.value : found.reason
}

/** The kernel's files of containers on a host of version 2. */
class FakeCgroups {
  readonly uses = new Map<
    string,
    { usec: number; quota: string; bytes: number; periods: number; throttled: number }
  >()
  readonly reads: string[] = []

  readonly read = (path: string): string => {
    this.reads.push(path)
    if (path === '/proc/self/mountinfo') return '31 24 0:27 / /cg rw - cgroup2 cgroup2 rw\n'
    const pid = /^\/proc\/(\d+)\/cgroup$/.exec(path)?.[1]
    if (pid !== undefined) return `0::/docker/${this.#idOf.get(Number(pid)) ?? 'none'}\n`
    const [, id = '', file = ''] = /^\/cg\/docker\/(\w+)\/(.+)$/.exec(path) ?? []
    const use = this.uses.get(id)
    if (use === undefined) throw new Error(`ENOENT: ${path}`)
    switch (file) {
      case 'cpu.stat':
        return `usage_usec ${use.usec}\nnr_periods ${use.periods}\nnr_throttled ${use.throttled}\n`
      case 'cpu.max':
        return `${use.quota}\n`
      case 'cpuset.cpus.effective':
        return '0-1\n'
      case 'memory.current':
        return `${use.bytes}\n`
      default:
        return 'inactive_file 0\n'
    }
  }

  readonly #idOf = new Map<number, string>()

  async add({ fake, instances }: Bench): Promise<void> {
    for (const { id } of instances) {
      this.#idOf.set((await fake.inspectContainer(id, call)).State.Pid, id)
      this.uses.set(id, { usec: 1000, quota: '50000 100000', bytes: 2 ** 20, periods: 10, throttled: 4 })
    }
    fake.calls.length = 0
  }
}

describe('usage from the files of the host', () => {
  it('asks the engine once where they are, and never again', async () => {
    const given = await bench(3)
    const cgroups = new FakeCgroups()
    await cgroups.add(given)
    const reader = new UsageReader({ engine: given.engine, fromFiles: true, read: cgroups.read })
    const first = await reader.of(given.instances, call)
    expect(valueOf(first, 'cpu', given.instances[0]?.id)).toBe('the first sample: CPU is told from two')
    expect(valueOf(first, 'memory', given.instances[0]?.id)).toBe(2 ** 20)
    expect(given.fake.count('inspectContainer')).toBe(3)
    await given.clock.advance(1000)
    for (const use of cgroups.uses.values()) use.usec += 250_000
    const second = await reader.of(given.instances, call)
    for (const { id } of given.instances) expect(valueOf(second, 'cpu', id)).toBeCloseTo(0.5, 6)
    expect(given.fake.calls).toHaveLength(3)
  })

  it('sees a limit that was changed while the container runs', async () => {
    const given = await bench(1)
    const cgroups = new FakeCgroups()
    await cgroups.add(given)
    const reader = new UsageReader({ engine: given.engine, fromFiles: true, read: cgroups.read })
    await reader.of(given.instances, call)
    await given.clock.advance(1000)
    const [instance] = given.instances
    const use = cgroups.uses.get(instance?.id ?? '')
    if (use !== undefined) Object.assign(use, { usec: use.usec + 500_000, quota: '200000 100000' })
    // Two cores of quota on two CPUs.
    expect(valueOf(await reader.of(given.instances, call), 'cpu', instance?.id)).toBeCloseTo(0.25, 6)
  })

  it('tells the share of periods in which its limit held it back', async () => {
    const given = await bench(1)
    const cgroups = new FakeCgroups()
    await cgroups.add(given)
    const reader = new UsageReader({ engine: given.engine, fromFiles: true, read: cgroups.read })
    const [instance] = given.instances
    const use = cgroups.uses.get(instance?.id ?? '')
    const throttledIn = async (periods: number, throttled: number): Promise<number | string> => {
      Object.assign(use ?? {}, { periods, throttled })
      await given.clock.advance(1000)
      return valueOf(await reader.of(given.instances, call), 'cpu_throttled', instance?.id)
    }
    expect(await throttledIn(10, 4)).toBe('the first sample: CPU is told from two')
    expect(await throttledIn(18, 10)).toBe(0.75)
    expect(await throttledIn(18, 10)).toBe(0)
    expect(await throttledIn(28, 10)).toBe(0)
    for (const [periods, throttled] of [
      [27, 10],
      [30, 9],
    ] as const) {
      expect(await throttledIn(periods, throttled)).toBe(
        'its counters ran backwards; the next sample will tell',
      )
    }
    expect(await throttledIn(34, 10)).toBe(0.25)
  })

  it('looks anew for a container whose files are gone', async () => {
    const given = await bench(2)
    const cgroups = new FakeCgroups()
    await cgroups.add(given)
    const reader = new UsageReader({ engine: given.engine, fromFiles: true, read: cgroups.read })
    await reader.of(given.instances, call)
    const [gone, alive] = given.instances
    cgroups.uses.delete(gone?.id ?? '')
    await given.fake.removeContainer(gone?.id ?? '', call)
    await given.clock.advance(1000)
    const readings = await reader.of(given.instances, call)
    expect(valueOf(readings, 'cpu', gone?.id)).toBe('it is gone')
    expect(valueOf(readings, 'memory', gone?.id)).toBe('it is gone')
    expect(valueOf(readings, 'cpu', alive?.id)).toBe(0)
  })

  it('asks the engine where the files tell of another process: the daemon is not on this host', async () => {
    const given = await bench(1)
    const reader = new UsageReader({ engine: given.engine, fromFiles: true, read: new FakeCgroups().read })
    await reader.of(given.instances, call)
    expect(given.fake.count('containerStats')).toBe(1)
  })
})

describe("usage from the engine's stats", () => {
  it('is told from two samples, by the engine’s own time and the container’s own limit', async () => {
    const { fake, clock, engine, instances } = await bench(2)
    const reader = new UsageReader({ engine, fromFiles: false })
    for (const { id } of instances) fake.get(id).setUse({ cores: 0.2, memoryBytes: 5000 })
    await reader.of(instances, call)
    await clock.advance(2000)
    const readings = await reader.of(instances, call)
    for (const { id } of instances) {
      expect(valueOf(readings, 'cpu', id)).toBeCloseTo(0.4, 6)
      expect(valueOf(readings, 'memory', id)).toBe(5000)
      expect(valueOf(readings, 'cpu_throttled', id)).toBe(0)
    }
    expect(fake.count('inspectContainer')).toBe(2)
    expect(fake.count('containerStats')).toBe(4)
  })

  it('tells of a container that does not run, and reads the others', async () => {
    const { fake, engine, instances } = await bench(2)
    const [stopped, alive] = instances
    const reader = new UsageReader({ engine, fromFiles: false })
    await reader.of(instances, call)
    fake.crash(stopped?.id ?? '', 1)
    const readings = await reader.of(instances, call)
    expect(valueOf(readings, 'cpu', stopped?.id)).toBe('it does not run')
    expect(valueOf(readings, 'memory', alive?.id)).toBe(2 ** 20)
  })

  it('asks for the limit anew after a minute, for it may have been changed', async () => {
    const { fake, clock, engine, instances } = await bench(1)
    const reader = new UsageReader({ engine, fromFiles: false })
    await reader.of(instances, call)
    await clock.advance(61_000)
    await reader.of(instances, call)
    expect(fake.count('inspectContainer')).toBe(2)
  })

  it('gives what it could read when one question fails', async () => {
    const { fake, engine, instances } = await bench(2)
    fake.arm('containerStats', { kind: 'fail', error: dockerError(500, 'layer does not exist') })
    const readings = await new UsageReader({ engine, fromFiles: false }).of(instances, call)
    expect(valueOf(readings, 'memory', instances[0]?.id)).toContain('layer does not exist')
    expect(valueOf(readings, 'memory', instances[1]?.id)).toBe(2 ** 20)
  })

  it('asks about many at once without a warning of a leak', async () => {
    const warnings: Error[] = []
    const listen = (warning: Error): void => void warnings.push(warning)
    process.on('warning', listen)
    const fake = new FakeDocker()
    const backend = fakeDockerBackend(fake)
    const instances: Instance[] = []
    for (let index = 0; index < 40; index += 1) {
      instances.push(await backend.launch({ group: 'web', token: `t${index}` }, call))
    }
    const { signal } = new AbortController()
    expect(await backend.usage(instances, { signal })).toHaveLength(120)
    await backend.terminate(
      'web',
      instances.map(({ id }) => id),
      { signal },
    )
    // Warnings are told in a later turn.
    await sleep(1)
    process.off('warning', listen)
    expect(warnings).toEqual([])
  })

  it('rejects when the engine is away, for then nothing could be read', async () => {
    const { fake, engine, instances } = await bench(2)
    fake.goDown()
    const failure = await new UsageReader({ engine, fromFiles: false })
      .of(instances, call)
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(FlotillaError)
    expect(failure).toMatchObject({ code: 'unavailable', cause: goneError('ECONNREFUSED') })
  })
})

describe('what cannot be read', () => {
  it('is absent on an engine without control groups, whose numbers are its host’s', async () => {
    const { clock, fake, instances } = await bench(2)
    fake.cgroupDriver = 'none'
    const engine = fakeEngine(fake, { clock })
    const reader = new UsageReader({ engine, fromFiles: true })
    for (let tick = 0; tick < 2; tick += 1) {
      const readings = await reader.of(instances, call)
      expect(readings).toHaveLength(6)
      expect(readings.every(({ kind }) => kind === 'absent')).toBe(true)
      expect(valueOf(readings, 'cpu', instances[0]?.id)).toMatch(/no control groups.*CgroupDriver none/)
      await clock.advance(1000)
    }
    expect(fake.count('info')).toBe(1)
    expect(fake.count('containerStats')).toBe(0)
  })

  it('is read all the same where a proxy does not let that question through', async () => {
    const { clock, fake, instances } = await bench(1)
    const engine = fakeEngine(fake, { clock })
    fake.arm('info', { kind: 'fail', error: dockerError(403, 'Forbidden') })
    const reader = new UsageReader({ engine, fromFiles: false })
    expect(valueOf(await reader.of(instances, call), 'memory', instances[0]?.id)).toBe(2 ** 20)
  })

  it('is absent when every counter is 0, which no process that runs has', async () => {
    const { clock, engine, fake, instances } = await bench(1)
    const reader = new UsageReader({ engine, fromFiles: false })
    const read = new Date(clock.now()).toISOString()
    const stats = {
      read,
      cpu_stats: { cpu_usage: { total_usage: 0 }, online_cpus: 2 },
      memory_stats: { usage: 0 },
    }
    fake.get(instances[0]?.id ?? '').stats = () => stats
    for (let tick = 0; tick < 2; tick += 1) {
      const readings = await reader.of(instances, call)
      for (const name of ['cpu', 'memory']) {
        expect(valueOf(readings, name, instances[0]?.id)).toBe('all of Docker’s counters for it are 0')
      }
      await clock.advance(1000)
    }
  })
})
