import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { ConfigError, readConfigText } from '../src/index.js'

const good = parse(`
connections: { here: { dockerEngine: { host: "unix:///run/docker.sock" } } }
shared: { base: { min: 1, max: 4, intervalMs: 15s } }
groups:
  web:
    extends: base
    backend: { docker: { image: "app:1", port: 80, engine: here, memoryBytes: 512MiB } }
    balancer: { nginx: { upstream: web, listen: 8080 } }
    probe: { httpProbe: { path: /health, timeoutMs: 2s } }
    policy:
      maxOf:
        - targetTracking: { metric: cpu, target: 60%, tolerance: { in: 0.1 } }
        - dampen: { policy: { fixed: 2 }, scaleIn: { windowMs: 5m, rates: [{ count: 1, periodMs: 1m }] } }
    metrics: [{ prometheus: { name: jobs, url: "http://127.0.0.1:9/", query: up, of: group } }]
    log: { decisionLog: { keep: 10 } }
  api: { extends: base, backend: { processes: { command: node } }, victims: [oldest] }
`) as object

type Path = readonly (string | number)[]

function* pathsOf(value: unknown, at: Path = []): Generator<Path> {
  yield at
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) yield* pathsOf(inner, [...at, key])
}
const paths = [...pathsOf(good)].filter((path) => path.length > 0)

const junk = fc.oneof(
  fc.constantFrom(
    null,
    '',
    '15x',
    '-1s',
    '60%',
    '${NOPE}',
    '${',
    '$${',
    '__proto__',
    [],
    {},
    [[]],
    { a: 1 },
    Infinity,
  ),
  fc.double(),
  fc.string(),
  fc.jsonValue({ maxDepth: 2 }),
)

/** A good file with one value replaced, one key renamed, or one left out. */
function changed(path: Path, how: number, value: unknown): unknown {
  const copy = structuredClone(good)
  const parent = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>(
      (at, key) => at[key] as Record<string, unknown>,
      copy as Record<string, unknown>,
    )
  const key = String(path.at(-1))
  if (how === 0) parent[key] = value
  else if (how === 1) delete parent[key]
  else {
    parent[`${key}${String(value).slice(0, 5)}`] = parent[key]
    delete parent[key]
  }
  return copy
}

const runs = process.env['FLOTILLA_TEST_RUNS'] === 'full' ? 2000 : 150

describe('whatever stands in a file', () => {
  it('the file is read, or refused with places and words', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(2), junk, async (path, how, value) => {
        const text = stringify(changed(path, how, value))
        try {
          expect((await readConfigText(text, { env: {} })).groups.size).toBeGreaterThan(0)
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error
          for (const { line, column, message } of error.problems) {
            expect(line).toBeGreaterThan(0)
            expect(column).toBeGreaterThan(0)
            expect(message).not.toBe('')
          }
        }
      }),
      { numRuns: runs },
    )
  })

  it('also where it is no YAML', { timeout: 120_000 }, async () => {
    const text = stringify(good)
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length),
        fc.string({ unit: 'binary' }),
        fc.nat(20),
        async (at, put, cut) => {
          const spoiled = text.slice(0, at) + put + text.slice(at + cut)
          const error: unknown = await readConfigText(spoiled, { env: {} }).then(
            () => undefined,
            (thrown: unknown) => thrown,
          )
          expect(error === undefined || error instanceof ConfigError).toBe(true)
        },
      ),
      { numRuns: runs },
    )
  })
})
