import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pagesWithCuts, withCuts } from './lib/cuts.js'
import { rootDirectory } from './lib/workspace.js'

/** Puts the code that pages show into them, as its files have it now. */
for (const page of pagesWithCuts()) {
  const file = join(rootDirectory, page)
  const before = readFileSync(file, 'utf8')
  const after = withCuts(before)
  if (after === before) continue
  writeFileSync(file, after)
  console.log(page)
}
