import { describe, expect, it } from 'vitest'
import { sampleOf } from './fake-prometheus.js'
import { twoSeries, vector } from './prometheus-answers.js'
import { instanceAt } from '../samples.js'

describe('prometheus of instances', () => {
  const options = { of: 'instance' } as const
  const instances = [
    instanceAt('i-1', { host: '10.0.0.1', port: 8080 }),
    instanceAt('i-2', { host: '10.0.0.2', port: 8080 }),
    instanceAt('i-3', { host: 'fd00::3', port: 8080 }),
  ]

  it.each([
    ['id', 'i-2'],
    ['name', 'name-i-2'],
    ['host:port', '10.0.0.2:8080'],
    ['host', '10.0.0.2'],
  ])('finds whose a series is by %s', async (_, label) => {
    const readings = await sampleOf(vector([{ instance: label }, '2']), options, instances)
    expect(readings).toMatchObject([
      { kind: 'absent', instanceId: 'i-1', reason: 'the query returned no data for it' },
      { kind: 'value', instanceId: 'i-2', value: 2 },
      { kind: 'absent', instanceId: 'i-3' },
    ])
  })

  it.each(['[fd00::3]:8080', 'fd00::3'])('knows the IPv6 address %s', async (label) => {
    const readings = await sampleOf(vector([{ instance: label }, '3']), options, instances)
    expect(readings[2]).toMatchObject({ instanceId: 'i-3', value: 3 })
  })

  it('reads another label when told', async () => {
    const answer = vector([{ instance: 'i-1', pod: 'i-2' }, '2'])
    const readings = await sampleOf(answer, { ...options, instanceLabel: 'pod' }, instances)
    expect(readings.map(({ kind }) => kind)).toEqual(['absent', 'value', 'absent'])
  })

  it('matches the port of an exporter when told, and only then', async () => {
    const answer = vector([{ instance: '10.0.0.1:9100' }, '0.3'])
    expect((await sampleOf(answer, options, instances))[0]).toMatchObject({
      kind: 'absent',
      reason: 'no series is of an instance of the group; label instance is "10.0.0.1:9100", say',
    })
    expect((await sampleOf(answer, { ...options, instancePort: 9100 }, instances))[0]).toMatchObject({
      value: 0.3,
    })
  })

  it('does not guess between instances that share a host', async () => {
    const sharing = [
      instanceAt('a', { host: '127.0.0.1', port: 1 }),
      instanceAt('b', { host: '127.0.0.1', port: 2 }),
    ]
    const readings = await sampleOf(vector([{ instance: '127.0.0.1' }, '1']), options, sharing)
    expect(readings.map(({ kind }) => kind)).toEqual(['absent', 'absent'])
    const exact = await sampleOf(vector([{ instance: '127.0.0.1:2' }, '1']), options, sharing)
    expect(exact.map(({ kind }) => kind)).toEqual(['absent', 'value'])
  })

  it('does not choose between two series of one instance', async () => {
    const answer = vector([{ instance: 'i-1', mode: 'x' }, '1'], [{ instance: 'i-1', mode: 'y' }, '2'])
    expect((await sampleOf(answer, options, instances))[0]).toMatchObject({
      kind: 'absent',
      reason: 'the query returned 2 series for it; aggregate them by (instance) in the query',
    })
  })

  it('leaves out the instances of others', async () => {
    const readings = await sampleOf(twoSeries, options, instances)
    expect(readings.map(({ kind, instanceId }) => [kind, instanceId])).toEqual([
      ['absent', 'i-1'],
      ['absent', 'i-2'],
      ['absent', 'i-3'],
    ])
  })

  it('keeps the readings of the others when one is NaN', async () => {
    const answer = vector([{ instance: 'i-1' }, 'NaN'], [{ instance: 'i-2' }, '2'])
    expect(await sampleOf(answer, options, instances)).toMatchObject([
      { kind: 'absent', reason: 'invalid value "NaN"' },
      { kind: 'value', value: 2 },
      { kind: 'absent' },
    ])
  })

  it('names a label that no series has', async () => {
    const readings = await sampleOf(vector([{ job: 'x' }, '1']), options, instances)
    expect(readings[0]).toMatchObject({ reason: 'none of the 1 series has a label instance' })
  })

  it('has an absent reading for each when the server warned', async () => {
    const answer = { ...vector([{ instance: 'i-1' }, '1']), warnings: ['store down'] }
    expect((await sampleOf(answer, options, instances)).map(({ kind }) => kind)).toEqual([
      'absent',
      'absent',
      'absent',
    ])
  })
})
