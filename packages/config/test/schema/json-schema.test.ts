import { readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { configJsonSchema } from '../../src/index.js'

const published = new URL('../../schema.json', import.meta.url)
let isValid: (document: unknown) => boolean
beforeAll(async () => {
  isValid = new Ajv({ strict: false }).compile((await configJsonSchema()) as object)
  // It loads every package there is.
}, 120_000)

const group = (options: string): string =>
  `groups: { web: { min: 1, max: 4, backend: { processes: { command: node } }, ${options} } }`

describe('the JSON Schema', () => {
  it('is the one that is published: `npm run schema` writes it', async () => {
    expect(JSON.parse(await readFile(published, 'utf8'))).toEqual(await configJsonSchema())
  })

  it.each([
    'policy: adaptive',
    'policy: { targetTracking: { metric: cpu, target: 60% } }',
    'policy: [{ maxOf: [{ fixed: 1 }, { scheduled: { start: "0 8 * * *", durationMs: 8h, count: 3 } }] }]',
    'probe: { httpProbe: /health }',
    'intervalMs: 15s, behavior: { scaleIn: { windowMs: 5m } }',
    'log: { decisionLogFile: { path: d.jsonl, maxBytes: 10MiB } }',
    'policy: { module: ./mine.js, options: { any: thing } }',
    'intervalMs: "${INTERVAL}"',
    'extends: base',
  ])('takes %s', (options) => {
    expect(isValid(parse(group(options)))).toBe(true)
  })

  it.each([
    'polcy: adaptive',
    'policy: { fixd: 1 }',
    'policy: { fixed: 1, adaptive: {} }',
    'policy: { targetTracking: { metric: cpu, tolrance: 1, target: 1 } }',
    'intervalMs: 15x',
    'health: { failureThreshold: many }',
  ])('refuses %s', (options) => {
    expect(isValid(parse(group(options)))).toBe(false)
  })
})
