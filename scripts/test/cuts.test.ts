import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pagesWithCuts, uncut, withCuts } from '../lib/cuts.js'
import { rootDirectory } from '../lib/workspace.js'

const pageOf = (path: string) => readFileSync(join(rootDirectory, path), 'utf8')

/** The guides for authors; other pages show output, and code that is checked in another way. */
const guides = pagesWithCuts().filter((path) => /^docs\/(metrics|test-your-app|write-.+)\.md$/.test(path))

it.each(pagesWithCuts())('%s shows the code of its examples as it is (`npm run cut` puts it in)', (path) => {
  expect(withCuts(pageOf(path))).toBe(pageOf(path))
})

it.each(guides)('%s shows no other code', (path) => {
  expect(uncut(pageOf(path))).toEqual([])
})

describe('withCuts', () => {
  it('cuts a region without its marks and its indent, and leaves the rest of the page', () => {
    const page = (code: string) =>
      `# Page\n\n<!-- cut scripts/test/cuts.test.ts#example -->\n\n\`\`\`ts\n${code}\`\`\`\n\nMore.\n`
    // #region example
    // A line of code.
    // #endregion
    expect(withCuts(page('old\n'))).toBe(page('// A line of code.\n'))
  })
})

it.each(guides)('%s shows the whole of each file that it cuts from', (path) => {
  const page = pageOf(path)
  const files = new Set([...page.matchAll(/^<!-- cut ([^\s#]+)/gm)].map(([, file = '']) => file))
  const shown = new Set(page.split('\n').map((line) => line.trim()))
  // Of a test a reader wants the part that is about the page.
  const whole = [...files].filter((file) => !/\/(?:node-)?test\//.test(file))
  const missing = whole.flatMap((file) =>
    pageOf(file)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => !line.startsWith('// #') && !shown.has(line))
      .map((line) => `${file}: ${line}`),
  )
  expect(missing).toEqual([])
})
