import { statSync } from 'node:fs'
import { problemsOfWeight } from './lib/budgets.js'
import { CheckList } from './lib/check-list.js'
import { installTarballs, packAll } from './lib/consumer.js'
import { problemsOfEntry } from './lib/consumer-entries.js'
import { problemsOfTypes } from './lib/consumer-types.js'
import { installedTree } from './lib/installed-tree.js'
import { environmentOf, nodeBinary, testedNodes } from './lib/other-node.js'
import { problemsOfTarball } from './lib/tarball.js'
import { withTempDirectory } from './lib/temp-directory.js'
import { publishedPackages } from './lib/workspace.js'

/**
 * What a user gets: every package is packed by plain `npm pack`, all of them are installed in an empty project, and each
 * entry point is imported, required and type-checked there.
 */
const checks = new CheckList()
const packages = publishedPackages()

await withTempDirectory('flotilla-pack-', async (directory, signal) => {
  const binaries = Promise.all(testedNodes.map((major) => nodeBinary(major, signal)))
  // Looked at further down; a rejection before that is not an unhandled one.
  binaries.catch(() => {})

  const tarballs = await packAll(packages, directory, signal)
  const { project, problems } = await installTarballs(packages, tarballs, directory, signal)
  checks.add('all packages install together in an empty project', problems)
  if (problems.length > 0) return

  for (const [index, one] of packages.entries()) {
    checks.add(`${one.name}: the tarball's files`, problemsOfTarball(one, project))
    const { packageCount, bytes } = installedTree(one.name, project)
    const packedKb = Math.ceil(statSync(tarballs[index] ?? '').size / 1000)
    const weight = { packedKb, packageCount, installedMb: Math.ceil(bytes / 100_000) / 10 }
    checks.add(
      `${one.name}: ${weight.packedKb} kB packed, ${packageCount} packages of ${weight.installedMb} MB installed`,
      [...problemsOfWeight(one.name, weight)],
    )
  }
  for (const [compiler, found] of await problemsOfTypes(packages, project, signal)) {
    checks.add(`types resolve under strict, from ESM and CommonJS: ${compiler}`, found)
  }

  const entries = packages.flatMap((one) => one.entries)
  const nodes = await binaries
  const answers = await Promise.all(
    nodes.map((binary) => problemsOfEntry(entries, { binary, project, env: environmentOf(binary), signal })),
  )
  for (const [index, major] of testedNodes.entries()) {
    for (const entry of entries) {
      checks.add(`${entry}: import and require on Node ${major}`, answers[index]?.get(entry) ?? ['not run'])
    }
  }
})
checks.close()
