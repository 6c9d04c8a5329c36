import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { doors, exportsOf } from '../lib/door-exports.js'
import { rootDirectory } from '../lib/workspace.js'

const page = readFileSync(join(rootDirectory, 'docs/doors.md'), 'utf8')
const sections = new Map(
  page.split(/^## /m).map((section) => [section.slice(0, section.indexOf('\n')), section]),
)

/** `node scripts/doors-page.js` writes the page anew. */
describe.each(doors)('docs/doors.md, of $name', ({ name, file }) => {
  const rows = [...(sections.get(name) ?? '').matchAll(/^- `(\w+)`: ?(.*)$/gm)]

  it('has every export and nothing else, each once', () => {
    const names = rows.map(([, one = '']) => one)
    expect(new Set(names)).toEqual(new Set(exportsOf(file).keys()))
    expect(new Set(names).size).toBe(names.length)
  })

  it('says of each what it is', () => {
    expect(rows.filter(([, , words = '']) => words.trim() === '').map(([, one]) => one)).toEqual([])
  })
})
