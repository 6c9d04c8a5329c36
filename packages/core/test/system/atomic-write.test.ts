import { chmod, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createAtomically, writeAtomically } from '../../src/system/atomic-write.js'
import { temporaryDirectory } from '../state/temporary-directory.js'

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

describe('writeAtomically', () => {
  it('replaces a file, for its owner only, and leaves nothing beside it', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'a.json')
    await writeFile(path, 'old', { mode: 0o644 })
    await writeAtomically(path, 'new', { isDurable: false })
    expect(await readFile(path, 'utf8')).toBe('new')
    expect(await modeOf(path)).toBe(0o600)
    expect(await readdir(directory)).toEqual(['a.json'])
  })

  it('keeps the permissions of the one before where asked, whatever the umask', async () => {
    const path = join(await temporaryDirectory(), 'a.conf')
    await writeAtomically(path, 'first', { mode: 'kept' })
    expect(await modeOf(path)).toBe(0o644)
    await chmod(path, 0o666)
    await writeAtomically(path, 'second', { mode: 'kept' })
    expect(await modeOf(path)).toBe(0o666)
  })

  it('leaves the old one untouched when it may not', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'a.json')
    await writeFile(path, 'old')
    const refuse = async (): Promise<void> => {
      throw new Error('another holds the group')
    }
    await expect(writeAtomically(path, 'new', { assertMay: refuse })).rejects.toThrow('another holds')
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(directory)).toEqual(['a.json'])
    await expect(writeAtomically(join(directory, 'no', 'a'), 'new')).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('createAtomically', () => {
  it('lets one of many make the file, whole', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'lock')
    const texts = Array.from({ length: 8 }, (_, index) => `holder ${index}`)
    const made = await Promise.all(texts.map(async (text) => createAtomically(path, text)))
    expect(made.filter(Boolean)).toHaveLength(1)
    expect(await readFile(path, 'utf8')).toBe(texts[made.indexOf(true)])
    expect(await readdir(directory)).toEqual(['lock'])
  })
})
