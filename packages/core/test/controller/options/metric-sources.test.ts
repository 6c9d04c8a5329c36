import { describe, expect, it } from 'vitest'
import { sourcesOf } from '../../../src/controller/options/metric-sources.js'
import { usageMetrics } from '../../../src/metrics/usage.js'
import { fakeBackend, fakeMetrics } from '../../../src/testing/index.js'

const given = { group: 'web', min: 1, max: 2 }

describe('sourcesOf', () => {
  it('asks the backend for the use of its instances by itself', () => {
    const backend = fakeBackend()
    expect(sourcesOf({ ...given, backend }).map(({ name }) => name)).toEqual(['usage of fake'])
  })

  it('takes a usageMetrics with options of its own in the place of its own', () => {
    const backend = fakeBackend()
    const usage = usageMetrics(backend, { whenMissing: { kind: 'fail' } })
    expect(sourcesOf({ ...given, backend, metrics: [usage] })).toEqual([usage])
  })

  it('refuses two sources of one metric, and names both', () => {
    const make = () => sourcesOf({ ...given, backend: fakeBackend(), metrics: [fakeMetrics()] })
    expect(make).toThrow('given by one source only (fake cpu and usage of fake do)')
  })
})
