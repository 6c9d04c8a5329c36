import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import { expect, it } from 'vitest'
import * as core from '../../src/index.js'
import { fakeBackend } from '../../src/testing/index.js'

const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
const source = await readFile(new URL('../../src/controller/options/options.ts', import.meta.url), 'utf8')

it('has every option of a group in its table', () => {
  const body = /export interface AutoscalerOptions \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? ''
  const names = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(15)
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
  )
  expect(new Set(listed)).toEqual(new Set(names))
  expect(listed).toHaveLength(names.length)
})

it('shows a group with a log and a shadow that works', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-readme-'))
  try {
    const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code)
    const example = examples.find((code) => code.includes('shadow:')) ?? ''
    const names: string[] = []
    const body = example.replace(/^import \{([^}]*)\} from .*$/gm, (_, list: string) => {
      names.push(...list.split(',').map((one) => one.trim()))
      return ''
    })
    const made: core.Autoscaler[] = []
    const files: core.DecisionLogFile[] = []
    const said: unknown[] = []
    const exported: Readonly<Record<string, unknown>> = {
      ...core,
      Autoscaler: class extends core.Autoscaler {
        constructor(options: core.AutoscalerOptions) {
          super({ ...options, logger: core.silentLogger })
          made.push(this)
        }
      },
      processes: () => fakeBackend(),
      fileStore: (path: string) => core.fileStore(join(directory, path)),
      decisionLogFile: ({ path }: { readonly path: string }) => {
        const file = core.decisionLogFile({ path: join(directory, path) })
        files.push(file)
        return file
      },
      console: { log: (line: unknown) => said.push(line) },
    }
    const all = [...names, 'console']
    const run = compileFunction(`return (async () => {${body}})()`, all) as (
      ...values: readonly unknown[]
    ) => Promise<void>
    await run(...all.map((name) => exported[name]))
    for (const group of made) await group.stop()
    for (const file of files) await file.close()
    expect(made).toHaveLength(1)
    expect(said[0]).toContain('jobs ')
    expect(said[0]).toContain('adaptive would')
    expect(await readFile(join(directory, 'decisions.jsonl'), 'utf8')).toContain('"shadows"')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
