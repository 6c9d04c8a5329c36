import { describe, expect, it } from 'vitest'
import type { MetricInfo, Metrics, Reading } from '../../../src/index.js'
import { Sampler } from '../../../src/controller/drivers/sampler.js'
import { Events } from '../../../src/controller/telling/events.js'
import { Problems } from '../../../src/controller/telling/problems.js'
import { FakeClock } from '../../../src/testing/index.js'
import { at, instance, ofGroup } from '../../observations.js'

const { signal } = new AbortController()

interface Sampled {
  readonly sampler: Sampler
  readonly problems: Problems
  readonly clock: FakeClock
}

function samplerOf(...sources: readonly Metrics[]): Sampled {
  const clock = new FakeClock({ now: at })
  const problems = new Problems(new Events(() => {}), () => clock.now())
  const needed = new Set(['queue.length', 'cpu'])
  return { clock, problems, sampler: new Sampler({ sources, needed, clock, timeoutMs: 1000, problems }) }
}

const queue: MetricInfo = { name: 'queue.length', unit: 'count', of: 'group' }
const cpu: MetricInfo = { name: 'cpu', unit: 'ratio', of: 'instance', whenMissing: { kind: 'hold' } }

const source = (name: string, sample: Metrics['sample'], of: 'group' | 'instance' = 'group'): Metrics => ({
  name,
  provides: [of === 'group' ? queue : cpu],
  sample,
})

const summary = (readings: readonly Reading[]): readonly string[] =>
  readings.map(
    (one) => `${one.instanceId ?? 'group'} ${one.name} ${one.kind === 'value' ? one.value : one.reason}`,
  )

describe('Sampler', () => {
  it('asks every source at once, and gives the rules for what is missing', async () => {
    const { sampler } = samplerOf(
      source('queue', async () => [ofGroup('queue.length', 7)]),
      source(
        'use',
        async () => [{ kind: 'value', name: 'cpu', unit: 'ratio', instanceId: 'i1', at, value: 0.5 }],
        'instance',
      ),
    )
    expect(summary(await sampler.sample('web', [instance('i1')], signal))).toEqual([
      'group queue.length 7',
      'i1 cpu 0.5',
    ])
    expect([...sampler.rules]).toEqual([['cpu', { kind: 'hold' }]])
  })

  it('makes absent readings of a source that fails, tells it, and its end', async () => {
    let isDown = true
    const { sampler, problems } = samplerOf(
      source(
        'use',
        async () => {
          if (isDown) throw new Error('connection refused')
          return [{ kind: 'value', name: 'cpu', unit: 'ratio', instanceId: 'i1', at, value: 0.5 }]
        },
        'instance',
      ),
    )
    const readings = await sampler.sample('web', [instance('i1')], signal)
    expect(summary(readings)).toEqual(['i1 cpu sample use: connection refused'])
    expect(problems.standing.map(({ kind, about }) => `${kind} ${about}`)).toContain('metric-failed use')
    isDown = false
    await sampler.sample('web', [instance('i1')], signal)
    expect(problems.standing).toEqual([])
  })

  it('waits for none longer than its bound', async () => {
    const { sampler, clock } = samplerOf(source('queue', () => new Promise(() => {})))
    const sampling = sampler.sample('web', [], signal)
    await clock.advance(1000)
    expect(summary(await sampling)).toEqual(['group queue.length sample queue: no answer within 1000 ms'])
  })

  it('makes sound readings of whatever a source gives', async () => {
    const { sampler } = samplerOf(source('queue', async () => 'seven' as never))
    const [reading] = await sampler.sample('web', [], signal)
    expect(reading).toMatchObject({ kind: 'absent', name: 'queue.length' })
  })

  it('tells what is missing of metrics that decide, but of no instance that is too new to have any', async () => {
    const nothing = source('use', async () => [], 'instance')
    const { sampler, problems, clock } = samplerOf(nothing)
    const young = { ...instance('i1'), stateSince: at }
    await sampler.sample('web', [young], signal)
    expect(problems.standing).toEqual([])
    await clock.advance(10_000)
    await sampler.sample('web', [young], signal)
    await clock.advance(10_000)
    await sampler.sample('web', [young], signal)
    expect(problems.standing).toMatchObject([{ kind: 'metric-missing', about: 'cpu' }])
  })

  it('passes on the abort of its caller', async () => {
    const { sampler } = samplerOf(source('queue', () => new Promise(() => {})))
    const abort = new AbortController()
    const sampling = sampler.sample('web', [], abort.signal)
    abort.abort(new Error('stopped'))
    await expect(sampling).rejects.toThrow('stopped')
  })
})
