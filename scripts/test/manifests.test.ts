import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { publishedPackages, readManifest, rootDirectory } from '../lib/workspace.js'

const root = readManifest(rootDirectory) as unknown as Facts

interface Facts {
  readonly version: string
  readonly author: string
  readonly bugs: unknown
  readonly engines: unknown
  readonly repository: { readonly url: string }
}

/** Where a file of the checkout stands on the forge: `…/blob/main/docs/adaptive.md`. */
const onForge = new RegExp(
  `^${root.repository.url.replace(/^git\+|\.git$/g, '')}/(?:blob|tree)/main/(?<path>[^#]+)`,
)

describe.each(publishedPackages())('$name', ({ name, directory }) => {
  const manifest = readManifest(directory) as unknown as Facts
  const readme = readFileSync(join(directory, 'README.md'), 'utf8')
  const folder = directory.slice(rootDirectory.length + 1)

  it('says what npm shows, as the workspace says it', () => {
    const { version, author, bugs, engines, repository } = root
    expect(manifest).toMatchObject({
      version,
      author,
      bugs,
      engines,
      license: 'MIT',
      homepage: expect.stringContaining(`/${folder}#readme`) as unknown,
      repository: { ...repository, directory: folder },
      publishConfig: { access: 'public', provenance: true },
    })
  })

  it('says in its README how it is installed and what it needs', () => {
    expect(readme).toMatch(new RegExp(`^npm install (?:\\S+ )*${name}( |$)`, 'm'))
    expect(readme).toContain('Node 20.19, 22.12 or newer')
    expect(readme).toContain('TypeScript 5.4')
  })

  it('has only links in its README that lead somewhere, on npm too', () => {
    const links = [...readme.matchAll(/\]\((?!#)([^)\s]+)\)/g)].map(([, link = '']) => link)
    expect(links.filter((link) => !/^https?:/.test(link))).toEqual([])
    const paths = links.flatMap((link) => onForge.exec(link)?.groups?.['path'] ?? [])
    expect(paths.filter((path) => !existsSync(join(rootDirectory, path)))).toEqual([])
  })
})
