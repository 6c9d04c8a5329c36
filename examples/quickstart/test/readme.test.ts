import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')

it('is what the README shows, line for line', async () => {
  const readme = await read('../../../README.md')
  const example = await read('../main.js')
  const shown = /```js\n(.+?)```/s.exec(readme)?.[1]?.split('\n') ?? []
  const lines = new Set(example.split('\n'))
  expect(shown.length).toBeGreaterThan(20)
  expect(shown.filter((line) => !lines.has(line))).toEqual([])
})
