import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.js'
import { rootDirectory } from './workspace.js'

/** @import { Package } from './workspace.js' */

/**
 * Compiles a user's file in TypeScript and one in CommonJS against the installed tarballs: strict, with the libraries'
 * own declarations checked too, and without the workspace's private condition.
 *
 * @param {readonly Package[]} packages
 * @param {string} project
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>}
 */
export async function problemsOfTypes(packages, project, signal) {
  const entries = packages.flatMap((one) => one.entries)
  // A module without types would be `any`, which everything may be done with: then `false` is no `true`.
  const isAny = 'type IsAny<T> = 0 extends 1 & T ? true : false'
  const uses = entries.map((_, index) => `export const typed${index}: IsAny<typeof entry${index}> = false`)
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}'`)
  const requires = entries.map((entry, index) => `import entry${index} = require('${entry}')`)
  writeFileSync(join(project, 'user.mts'), [...imports, isAny, ...uses, ''].join('\n'))
  writeFileSync(join(project, 'user.cts'), [...requires, isAny, ...uses, ''].join('\n'))
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['user.mts', 'user.cts'] }),
  )

  const compiler = join(rootDirectory, 'node_modules/typescript/bin/tsc')
  const compiled = await runCommand(process.execPath, [compiler, '-p', '.', '--listFiles'], {
    cwd: project,
    signal,
  })
  if (!compiled.ok) return [`tsc: ${compiled.ending}\n${withoutList(compiled.output)}`]
  return packages
    .filter(({ name }) => !compiled.stdout.includes(`/project/node_modules/${name}/dist/index.d.ts`))
    .map(({ name }) => `the types of ${name} do not come from its tarball`)
}

const compilerOptions = {
  noEmit: true,
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
}

/** @param {string} output - of `tsc --listFiles` */
function withoutList(output) {
  return output
    .split('\n')
    .filter((line) => !/^\/\S+\.[mc]?tsx?$/.test(line))
    .join('\n')
}
