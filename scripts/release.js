import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { withRelease } from './lib/changelog.js'
import { runCommand } from './lib/run-command.js'
import { publishedPackages, readManifest, rootDirectory } from './lib/workspace.js'

/**
 * Makes a release, for a person to run and look at: `npm run release -- 0.2.0`. It writes the version everywhere and the
 * date into the changelog, checks, commits, tags, packs, and shows what `npm publish` would send. Nothing leaves the
 * machine: pushing the tag is a person's act, and the workflow publishes from it.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'skip-checks': { type: 'boolean', default: false } },
})
const [version = ''] = positionals
if (!/^\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/.test(version)) fail('say the version: npm run release -- 0.2.0')
if ((await shell('git', ['status', '--porcelain'])) !== '')
  fail('the checkout has changes: commit or stash them first')
if ((await shell('git', ['tag', '--list', `v${version}`])) !== '') fail(`there is a tag v${version} already`)

const { version: old } = readManifest(rootDirectory)
for (const path of await manifests()) writeVersion(join(rootDirectory, path))
const changelog = join(rootDirectory, 'CHANGELOG.md')
writeFileSync(
  changelog,
  withRelease(readFileSync(changelog, 'utf8'), version, new Date().toISOString().slice(0, 10)),
)
await shell('npx', ['--yes', ...setup(), 'install', '--no-frozen-lockfile'])
if (!values['skip-checks']) {
  await shell('npm', ['run', 'check'])
  await shell('npm', ['run', 'pack-check'])
}
await shell('git', ['commit', '--all', '--message', `release: ${version}`])
await shell('git', ['tag', '--annotate', `v${version}`, '--message', `Flotilla ${version}`])
for (const { name, directory } of publishedPackages()) {
  console.log(await shell('npm', ['publish', '--dry-run', '--no-provenance', directory]))
  console.log(`${name} ${version}: as it would be sent`)
}
console.log(`\nLook at the commit and at what would be sent. Then: git push --follow-tags`)

/** Of the packages, and of what in the workspace uses them. */
async function manifests() {
  return (await shell('git', ['ls-files', 'package.json', '*/package.json'])).split('\n')
}

/** @param {string} path */
function writeVersion(path) {
  const text = readFileSync(path, 'utf8')
  const manifest = JSON.parse(text)
  if (manifest.version === old) manifest.version = version
  for (const kind of ['dependencies', 'devDependencies', 'peerDependencies']) {
    for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
      if (name.startsWith('@flotilla/') && range === `^${old}`) manifest[kind][name] = `^${version}`
    }
  }
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`)
}

/** The pnpm that the setup script pins. */
function setup() {
  const { scripts } = JSON.parse(readFileSync(join(rootDirectory, 'package.json'), 'utf8'))
  return [/pnpm@[\d.]+/.exec(scripts.setup)?.[0] ?? 'pnpm']
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
async function shell(program, args) {
  console.log(`> ${program} ${args.join(' ')}`)
  const { ok, ending, output, stdout } = await runCommand(program, args, {
    cwd: rootDirectory,
    timeoutMs: 3_600_000,
  })
  if (!ok) fail(`${program} ${args.join(' ')}: ${ending}\n${output}`)
  return stdout.trim()
}

/**
 * @param {string} why
 * @returns {never}
 */
function fail(why) {
  console.error(why)
  process.exit(1)
}
