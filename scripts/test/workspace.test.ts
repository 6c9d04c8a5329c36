import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { publishedPackages, readManifest, rootDirectory } from '../lib/workspace.js'

const textOf = (path: string) => readFileSync(join(rootDirectory, path), 'utf8')

describe.each(publishedPackages())('$name', ({ name, directory }) => {
  const folder = basename(directory)
  const manifest = readManifest(directory)

  it('is named after its folder and has the version that all share', () => {
    expect(name).toBe(`@flotilla/${folder}`)
    expect(manifest.version).toBe(readManifest(rootDirectory).version)
  })

  it('names its siblings by a range that npm can install and the workspace fulfils', () => {
    const [major, minor] = manifest.version.split('.')
    const siblings = Object.entries(manifest.dependencies ?? {}).filter(([other]) =>
      other.startsWith('@flotilla/'),
    )
    expect(siblings).toEqual(siblings.map(([other]) => [other, `^${major}.${minor}.0`]))
  })

  it('is type-checked and built', () => {
    expect(textOf('tsconfig.json')).toContain(`"packages/${folder}"`)
    expect(textOf('tsup.config.ts')).toContain(`bundle('${folder}'`)
  })

  it('has a README and the license', () => {
    expect(existsSync(join(directory, 'README.md'))).toBe(true)
    expect(textOf(`packages/${folder}/LICENSE`)).toBe(textOf('LICENSE'))
  })
})

it('takes no package of ours from the registry, where it may be a stranger’s', () => {
  expect(textOf('pnpm-lock.yaml')).not.toMatch(/^ {2}'@flotilla\/[^']+@\d/m)
})
