import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compilerPackages } from './consumer-types.js'
import { runCommand } from './run-command.js'
import { readManifest, rootDirectory } from './workspace.js'

/** @import { Package } from './workspace.js' */

/**
 * Packs every package by npm, which takes each manifest as it is: what is in the tarball is what npm would publish.
 *
 * @param {readonly Package[]} packages
 * @param {string} directory - where the tarballs go
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>} the tarballs' paths, in the order of `packages`
 */
export async function packAll(packages, directory, signal) {
  const folders = packages.map((one) => one.directory)
  const packed = await runCommand('npm', ['pack', '--json', '--pack-destination', directory, ...folders], {
    cwd: rootDirectory,
    signal,
  })
  if (!packed.ok) throw new Error(`npm pack: ${packed.ending}\n${packed.output}`)
  /** @type {{ name: string, filename: string }[]} */
  const reports = Object.values(JSON.parse(packed.stdout))
  return packages.map(({ name }) => {
    const report = reports.find((one) => one.name === name)
    if (!report) throw new Error(`npm pack made no tarball of ${name}`)
    return join(directory, report.filename)
  })
}

/**
 * An empty project with nothing but the tarballs, and the types of Node for the compiler.
 *
 * @param {readonly Package[]} packages
 * @param {readonly string[]} tarballs
 * @param {string} directory
 * @param {AbortSignal} signal
 * @returns {Promise<{ project: string, problems: string[] }>}
 */
export async function installTarballs(packages, tarballs, directory, signal) {
  const project = join(directory, 'project')
  const unknownToNpm = packages.flatMap((one) => [...workspaceRanges(one)])
  if (unknownToNpm.length > 0) return { project, problems: unknownToNpm }
  mkdirSync(project)
  const nodeTypes = readManifest(rootDirectory).devDependencies?.['@types/node'] ?? '*'
  const dependencies = Object.fromEntries(
    packages.map(({ name }, index) => [name, `file:${tarballs[index] ?? ''}`]),
  )
  const manifest = {
    private: true,
    dependencies,
    devDependencies: { '@types/node': nodeTypes, ...compilerPackages },
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest, null, 2))

  // No scripts: nothing that is fetched by mistake gets to run.
  const installed = await runCommand(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'],
    {
      cwd: project,
      signal,
    },
  )
  if (!installed.ok) return { project, problems: [`npm install: ${installed.ending}\n${installed.output}`] }
  return { project, problems: [...secondCopies(packages, project)] }
}

/**
 * Ranges that only pnpm knows: npm publishes them as they stand, and cannot install them.
 *
 * @param {Package} one
 */
function* workspaceRanges({ name, directory }) {
  for (const [other, range] of Object.entries(readManifest(directory).dependencies ?? {})) {
    if (/^(?:workspace|link|file|catalog):/.test(range)) yield `${name} depends on ${other} at ${range}`
  }
}

/**
 * A package that asks for another one of ours at a version that the tarballs do not have gets it from the registry, in
 * a folder of its own: a stranger's, perhaps.
 *
 * @param {readonly Package[]} packages
 * @param {string} project
 */
function* secondCopies(packages, project) {
  for (const { name } of packages) {
    const nested = join(project, 'node_modules', name, 'node_modules', '@flotilla')
    if (existsSync(nested)) yield `${name} brings its own copy of another package: ${nested}`
  }
}
