import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Autoscaler } from '@flotilla/core'
import { ConfigError, readConfig, readConfigText, type ConfigProblem } from '../src/index.js'

const backend = 'backend: { processes: { command: node, args: [server.js], stateDir: /tmp/none } }'
const group = (...lines: readonly string[]): string =>
  [
    'groups:',
    '  web:',
    '    min: 1',
    '    max: 4',
    `    ${backend}`,
    ...lines.map((line) => `    ${line}`),
  ].join('\n')

const optionsOf = async (text: string, env: Readonly<Record<string, string>> = {}) =>
  (await readConfigText(text, { env })).groups.get('web')?.options

async function problemsOf(text: string, env = {}): Promise<readonly ConfigProblem[]> {
  const error: unknown = await readConfigText(text, { env }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ConfigError) return error.problems
  throw new Error('it was read, or refused in another way', { cause: error })
}
const shown = async (text: string, env = {}): Promise<readonly string[]> =>
  (await problemsOf(text, env)).map(({ line, column, message }) => `${line}:${column} ${message}`)

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-config-'))
  const policy =
    'export default ({ count }) => ({ name: `mine ${count}`, metrics: [], evaluate: () => ({}) })'
  await writeFile(join(directory, 'mine.mjs'), `${policy}\nexport const read = () => 7\n`)
  await writeFile(join(directory, 'secret'), 'hunter22\n')
})
afterAll(() => rm(directory, { recursive: true }))

describe('a configuration', () => {
  it('gives what an Autoscaler needs', async () => {
    const options = await optionsOf(group('probe: { httpProbe: /health }', 'policy: { fixed: 2 }'))
    expect(options).toMatchObject({ group: 'web', min: 1, max: 4 })
    expect(options?.probe?.name).toBe('http /health')
    expect(() => new Autoscaler(options as never)).not.toThrow()
  })

  it.each([
    ['intervalMs: 15s', { intervalMs: 15_000 }],
    ['intervalMs: 1m30s', { intervalMs: 90_000 }],
    ['intervalMs: 250ms', { intervalMs: 250 }],
    ['intervalMs: 5000', { intervalMs: 5000 }],
    ['health: { maxUnhealthyRatio: 25% }', { health: { maxUnhealthyRatio: 0.25 } }],
    ['behavior: { scaleIn: { windowMs: 5m } }', { behavior: { scaleIn: { windowMs: 300_000 } } }],
  ])('reads %s', async (line, expected) => {
    expect(await optionsOf(group(line))).toMatchObject(expected)
  })

  it('nests policies as code does', async () => {
    const options = await optionsOf(
      group(
        'policy:',
        '  maxOf:',
        '    - targetTracking: { metric: cpu, target: 60% }',
        '    - dampen:',
        '        policy: { during: { start: "0 8 * * *", durationMs: 8h, policy: { fixed: 3 } } }',
        '        scaleIn: { cooldownMs: 10m }',
      ),
    )
    expect(options?.policy).toMatchObject({
      name: 'maxOf(targetTracking(cpu 0.6), dampen(during(0 8 * * * UTC: fixed(3))))',
    })
  })

  it('takes several policies, shadows, and a name alone', async () => {
    const options = await optionsOf(
      group('policy: [adaptive, { fixed: 2 }]', 'shadow: { cheaper: { fixed: 1 } }', 'store: memoryStore'),
    )
    expect(options?.policy).toMatchObject([
      { name: expect.stringContaining('adaptive') as string },
      { name: 'fixed(2)' },
    ])
    expect(options?.shadow).toMatchObject({ cheaper: { name: 'fixed(1)' } })
  })

  it('shares what groups have in common, by extends and by anchors', async () => {
    const text = [
      'x-slow: &slow { intervalMs: 60s }',
      'shared:',
      '  base: { min: 2, max: 5, warmupMs: 10s }',
      '  more: { extends: base, max: 6 }',
      'groups:',
      `  web: { extends: more, <<: *slow, min: 3, ${backend} }`,
    ].join('\n')
    expect(await optionsOf(text)).toMatchObject({ min: 3, max: 6, warmupMs: 10_000, intervalMs: 60_000 })
  })

  it('puts in what the environment and files have', async () => {
    const text = group(
      `policy: { formula: { expression: '\${METRIC} * 2', metrics: { cpu: load }, target: '\${TARGET}' } }`,
      `metrics: [{ prometheus: { name: load, url: 'http://p/', query: up, of: group, bearerToken: '\${file:${directory}/secret}' } }]`,
    )
    const options = await optionsOf(text, { METRIC: 'cpu', TARGET: '4' })
    expect(options?.policy).toMatchObject({ name: expect.stringContaining('cpu * 2') as string })
  })

  it('takes what modules make, and functions of them', async () => {
    const text = group(
      `policy: { module: ./mine.mjs, options: { count: 3 } }`,
      `metrics: [{ customMetric: { name: jobs, read: { module: ./mine.mjs, export: read } } }]`,
    )
    const config = await readConfigText(text, { file: join(directory, 'flotilla.yaml') })
    const options = config.groups.get('web')?.options
    expect(options?.policy).toMatchObject({ name: 'mine 3' })
    expect(options?.metrics?.[0]).toMatchObject({ provides: [{ name: 'jobs' }] })
  })

  it('makes what stands in a list once', async () => {
    const made = globalThis as { madeCount?: number }
    made.madeCount = 0
    await writeFile(
      join(directory, 'counted.mjs'),
      'export default () => { globalThis.madeCount += 1; return { name: "c", metrics: [], evaluate() {} } }',
    )
    const text = group('policy: [{ module: ./counted.mjs }]')
    await readConfigText(text, { file: join(directory, 'flotilla.yaml') })
    expect(made.madeCount).toBe(1)
  })

  it('shares connections by their names', async () => {
    const text = [
      'connections: { here: { dockerEngine: { host: "unix:///run/docker.sock" } } }',
      'groups:',
      '  web: { min: 1, max: 2, backend: { docker: { image: "a:1", engine: here } } }',
      '  api: { min: 1, max: 2, backend: { docker: { image: "b:1", engine: here } } }',
    ].join('\n')
    const { groups, connections } = await readConfigText(text)
    expect([...groups.keys()]).toEqual(['web', 'api'])
    expect(connections.get('here')).toMatchObject({ close: expect.any(Function) as unknown })
  })

  it('stands in a folder of files', async () => {
    const folder = await mkdtemp(join(directory, 'folder-'))
    await writeFile(join(folder, 'a.yaml'), 'shared: { base: { min: 1, max: 2 } }')
    await writeFile(join(folder, 'b.yml'), `groups: { web: { extends: base, ${backend} } }`)
    const config = await readConfig(folder)
    expect(config.groups.get('web')).toMatchObject({ file: join(folder, 'b.yml'), line: 1 })
    expect(config.files).toHaveLength(2)
  })
})

describe('what is wrong', () => {
  it('is told at once, each with its line, its column and what would do', async () => {
    const text = [
      'groups:',
      '  web:',
      '    min: two',
      '    max: 3',
      '    intervalMs: 15x',
      '    polcy: adaptive',
      '    backend: { doker: { image: x } }',
      '    policy: { targetTracking: { metric: cpu, target: sixty, tolrance: 1 } }',
      '    probe: { httpProbe: { path: health, timeoutMs: 2 s } }',
      '    metrics: [ { prometheus: { name: jobs, url: "${NOPE}" } } ]',
      'grups: {}',
    ].join('\n')
    expect(await shown(text)).toEqual([
      "3:10 groups.web.min must be a whole number >= 0, got 'two'",
      "5:17 groups.web.intervalMs must be milliseconds, a finite number from 100 to 2147483647; or a duration such as 15s, 5m or 1h30m, got '15x'",
      '6:5 groups.web.polcy must be left out: there is no such option; did you mean `policy`?',
      '7:16 groups.web.backend.doker is not a backend that there is; did you mean `docker`?',
      "8:54 groups.web.policy.targetTracking.target must be a finite number > 0; or a percentage such as 60%, got 'sixty'",
      '8:61 groups.web.policy.targetTracking.tolrance must be left out: there is no such option; did you mean `tolerance`?'.replace(
        '8:61',
        '8:71',
      ),
      "9:33 groups.web.probe.httpProbe.path must be a path that begins with / and holds printable ASCII without spaces or #, got 'health'",
      "9:52 groups.web.probe.httpProbe.timeoutMs must be milliseconds, a finite number from 1 to 2147483647; or a duration such as 15s, 5m or 1h30m, got '2 s'",
      '10:30 groups.web.metrics.0.prometheus.query must be a string that is not empty; it is missing',
      '10:49 groups.web.metrics.0.prometheus.url refers to the environment variable NOPE, which is not set',
      '11:1 grups must be left out: there is no such option; did you mean `groups`?',
    ])
  })

  it.each([
    ['', '1:1 the file must be a mapping with connections, shared, groups'],
    ['groups: {}', '1:1 groups must have at least one group'],
    ['groups: []', '1:9 groups must be a mapping of names'],
    ['groups: { web: 3 }', '1:16 groups.web must be a mapping of options'],
    [group('extends: nobody'), '6:14 groups.web.extends must be a name under `shared`, where there is none'],
    [group('min: 2'), '6:5 Map keys must be unique'],
    [group('policy: { fixed: -1 }'), '6:22 groups.web.policy.fixed must be a whole number >= 0, got -1'],
    [group('policy: { maxOf: [] }'), '6:22 groups.web.policy.maxOf must be a list of at least 1, got []'],
    [
      group('policy: { fixd: 1 }'),
      '6:15 groups.web.policy.fixd is not a policy that there is; did you mean `fixed`?',
    ],
    [
      group('probe: { tcpProbe: {}, httpProbe: / }'),
      /^6:12 groups.web.probe must be a probe: one name with its options/,
    ],
    [group('clock: { module: ./x.js }'), /^6:5 groups.web.clock must be left out/],
    [group('desired: 9'), '6:14 groups.web.desired must be within min..max (1..4), got 9'],
  ])('of %j is told with its place', async (text, expected) => {
    const [first = ''] = await shown(text)
    if (typeof expected === 'string') expect(first).toBe(expected)
    else expect(first).toMatch(expected)
  })

  it('in a list is told once', async () => {
    expect(await shown(group('policy: [{ fixd: 1 }]'))).toEqual([
      '6:16 groups.web.policy.0.fixd is not a policy that there is; did you mean `fixed`?',
    ])
  })

  it('never shows what came from the environment', async () => {
    const text = group(`policy: { targetTracking: { metric: cpu, target: '\${SECRET}' } }`)
    const [first = ''] = await shown(text, { SECRET: 'hunter2-of-mine' })
    expect(first).toContain('target must be')
    expect(first).not.toContain('hunter2')
  })

  it('of names that stand twice is told with the other file', async () => {
    const folder = await mkdtemp(join(directory, 'twice-'))
    await writeFile(join(folder, 'a.yaml'), group())
    await writeFile(join(folder, 'b.yaml'), group())
    await expect(readConfig(folder)).rejects.toThrow(
      `${join(folder, 'b.yaml')}:2:3: groups.web must stand once; ${join(folder, 'a.yaml')} has it too`,
    )
  })

  it('of a file that is not there, or a folder without any, is told', async () => {
    await expect(readConfig(join(directory, 'none.yaml'))).rejects.toThrow(/cannot be read: ENOENT/)
    const folder = await mkdtemp(join(directory, 'empty-'))
    await expect(readConfig(folder)).rejects.toThrow(/no file whose name ends with .yaml/)
  })
})
