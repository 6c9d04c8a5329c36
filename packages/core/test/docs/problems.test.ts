import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

const read = (file: string): Promise<string> => readFile(new URL(file, import.meta.url), 'utf8')

describe('docs/run-a-group.md', () => {
  it('says of every kind of problem what it means, what to do, and when it is over', async () => {
    const source = await read('../../src/controller/telling/events.ts')
    const union = /type ProblemKind =\n((?: {2}\| '[a-z-]+'\n)+)/.exec(source)?.[1] ?? ''
    const kinds = [...union.matchAll(/'([a-z-]+)'/g)].map(([, kind]) => kind)
    const docs = await read('../../../../docs/run-a-group.md')
    const rows = [...docs.matchAll(/^\| `([a-z-]+)` +\| [^|]+ \| [^|]+ \| [^|]+ \|$/gm)].map(
      ([, kind]) => kind,
    )
    expect(kinds.length).toBeGreaterThan(15)
    expect(kinds.filter((kind) => !rows.includes(kind))).toEqual([])
  })
})
