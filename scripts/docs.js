import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { CheckList } from './lib/check-list.js'
import { runCommand } from './lib/run-command.js'
import { withTempDirectory } from './lib/temp-directory.js'
import { publishedPackages, rootDirectory } from './lib/workspace.js'
import { bodyOf, doors, forge, pages } from './site/pages.js'
import { linkProblems, linkWithin, sizeOf } from './site/links.js'

/*
 * The site: the guides and the reference of every door, as files that any server shows, or none: `npm run docs`, or
 * `npm run docs -- FOLDER`. TypeDoc asks the compiler, which TypeScript 7 does not offer yet: it comes with an older one, and
 * beside the workspace, so that nobody else installs it.
 */
const tools = ['-p', 'typescript@6.0.3', '-p', 'typedoc@0.28.20']

const out = resolve(process.argv[2] ?? join(rootDirectory, 'site'))

await withTempDirectory('flotilla-docs-', async (directory, signal) => {
  const documents = pages().map(({ name, title, group, text }) => {
    const file = join(directory, `${name}.md`)
    writeFileSync(file, `---\ntitle: ${JSON.stringify(title)}\ngroup: ${group}\n---\n${text}`)
    return file
  })
  const readme = join(directory, 'README.md')
  writeFileSync(readme, bodyOf('README.md'))
  const entries = doors()
  const options = join(directory, 'typedoc.json')
  writeFileSync(
    options,
    JSON.stringify({
      name: 'Flotilla',
      entryPoints: entries.map(({ file }) => file),
      tsconfig: join(rootDirectory, 'scripts/site/tsconfig.json'),
      basePath: rootDirectory,
      plugin: [join(rootDirectory, 'scripts/site/plugin.cjs')],
      readme,
      projectDocuments: documents,
      out,
      cleanOutputDir: true,
      githubPages: false,
      hideGenerator: true,
      excludePrivate: true,
      excludeInternal: true,
      excludeExternals: true,
      disableGit: true,
      // The common folder of all doors is left out of a path.
      sourceLinkTemplate: `${forge}packages/{path}#L{line}`,
      sort: ['kind', 'instance-first', 'alphabetical-ignoring-documents'],
      kindSortOrder: [
        'Document',
        'Project',
        'Module',
        'Namespace',
        'Class',
        'Function',
        'Interface',
        'TypeAlias',
        'Variable',
        'Reference',
      ],
      searchInComments: true,
      searchInDocuments: true,
      // Who asks for a word wants to read of it first.
      searchGroupBoosts: { Guides: 3 },
      highlightLanguages: [
        'bash',
        'console',
        'css',
        'html',
        'ini',
        'javascript',
        'json',
        'jsonc',
        'nginx',
        'typescript',
        'xml',
        'yaml',
      ],
      navigation: {
        includeGroups: false,
        includeCategories: false,
        includeFolders: false,
        excludeReferences: true,
      },
      groupOrder: ['Guides', 'Modules', 'Measured', 'Project', '*'],
      customCss: join(rootDirectory, 'scripts/site/site.css'),
      validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
      packagesRequiringDocumentation: publishedPackages().map(({ name }) => name),
      requiredToBeDocumented: [
        'Class',
        'Interface',
        'TypeAlias',
        'Function',
        'Variable',
        'Enum',
        'Method',
        'Accessor',
      ],
    }),
  )
  const named = Object.fromEntries(
    entries.map(({ name, file, directory: folder, isWhole }) => [
      file,
      { name, readme: isWhole ? bodyOf(`${folder}/README.md`) : '' },
    ]),
  )
  const doorsFile = join(directory, 'doors.json')
  writeFileSync(doorsFile, JSON.stringify(named))
  mkdirSync(out, { recursive: true })
  const { ok, ending, output } = await runCommand(
    'npx',
    ['--yes', ...tools, 'typedoc', '--options', options],
    {
      env: { ...process.env, FLOTILLA_DOORS: doorsFile, NO_COLOR: '1' },
      signal,
      timeoutMs: 1_200_000,
    },
  )
  const checks = new CheckList()
  const said = output.split('\n').filter((line) => /^\[(warning|error)\]/.test(line))
  checks.add('the reference is generated', ok ? [] : [ending, output])
  checks.add('everything that is exported has a docstring, and its links lead somewhere', said)
  linkWithin(out)
  checks.add('every link of the site leads somewhere', linkProblems(out))
  const { files, bytes } = sizeOf(out)
  console.log(`${relative(process.cwd(), out)}: ${files} files, ${(bytes / 2 ** 20).toFixed(1)} MiB`)
  checks.close()
  if (!ok) rmSync(out, { recursive: true, force: true })
})
