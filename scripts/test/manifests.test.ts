import { describe, expect, it } from 'vitest'
import { publishedPackages, readManifest, rootDirectory } from '../lib/workspace.js'

const root = readManifest(rootDirectory) as unknown as Facts

interface Facts {
  readonly version: string
  readonly author: string
  readonly bugs: unknown
  readonly engines: unknown
  readonly repository: Readonly<Record<string, string>>
}

describe.each(publishedPackages())('$name', ({ directory }) => {
  const manifest = readManifest(directory) as unknown as Facts
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
})
