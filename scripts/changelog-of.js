import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { changelogOf } from './lib/changelog.js'
import { readManifest, rootDirectory } from './lib/workspace.js'

/** Before `npm pack`: writes the package's part of the changelog into its folder, which git ignores. */
const directory = process.cwd()
const { name } = readManifest(directory)
const whole = readFileSync(join(rootDirectory, 'CHANGELOG.md'), 'utf8')
writeFileSync(join(directory, 'CHANGELOG.md'), changelogOf(name, whole))
