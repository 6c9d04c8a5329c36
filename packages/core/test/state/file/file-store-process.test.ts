import { chmod, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileStore } from '../../../src/state/file/file-store.js'
import { bundleChild, startChild } from '../child-process.js'
import { stateOf } from '../state-of.js'
import { temporaryDirectory } from '../temporary-directory.js'

const { signal } = new AbortController()
let path = ''
let remove = async (): Promise<void> => {}

beforeAll(async () => {
  ;({ path, remove } = await bundleChild())
})

afterAll(() => remove())

describe('fileStore and real processes', () => {
  it('has the last state that was on the disk, or a later one, whole, whenever its process is killed', async () => {
    const directory = await temporaryDirectory()
    let last = 0
    for (let round = 0; round < 8; round += 1) {
      const child = startChild(path, ['save', directory])
      await child.line()
      // At another moment of the write each time.
      await sleep(Math.random() * 20)
      child.process.kill('SIGKILL')
      await child.gone
      const said = Number(child.lines.at(-1))
      expect(said).toBeGreaterThan(last)

      const loaded = await fileStore(directory).load('web')
      const { count, padding } = stateOf(loaded) as { readonly count: number; readonly padding: string }
      // One more may have reached the disk before it could be said.
      expect([said, said + 1]).toContain(count)
      expect(padding).toBe(String(count).repeat(5000))
      expect(await readdir(directory)).toEqual(['web.json'])
      last = count
    }
  })

  it('says that it may not write, with the path, and leaves the state as it was', async () => {
    const directory = join(await temporaryDirectory(), 'state')
    await fileStore(directory).save('web', { count: 7 })
    const before = await readFile(join(directory, 'web.json'), 'utf8')
    await chmod(join(directory, '..'), 0o755)
    await chmod(join(directory, 'web.json'), 0o444)
    await chmod(directory, 0o555)
    const child = startChild(path, ['once', directory])
    await child.gone
    await chmod(directory, 0o700)
    expect(child.lines[0]).toBe('{"kind":"state","state":{"count":7}}')
    expect(child.lines[1]).toContain(
      `permission-denied: save state of group web to ${join(directory, 'web.json')}: EACCES`,
    )
    expect(await readFile(join(directory, 'web.json'), 'utf8')).toBe(before)
    expect(await readdir(directory)).toEqual(['web.json'])
  })

  it('says that it may not make its directory', async () => {
    const parent = await temporaryDirectory()
    await chmod(parent, 0o555)
    const directory = join(parent, 'state')
    const child = startChild(path, ['once', directory])
    await child.gone
    await chmod(parent, 0o700)
    expect(child.lines).toHaveLength(2)
    for (const line of child.lines) expect(line).toMatch(/^permission-denied: .*EACCES/)
    expect(await readdir(parent)).toEqual([])
  })

  it('lets one process at a time hold a group, and the next as soon as the first is killed', async () => {
    const directory = await temporaryDirectory()
    await mkdir(directory, { recursive: true })
    const first = startChild(path, ['lock', directory])
    expect(await first.line()).toBe('held')

    const second = startChild(path, ['lock', directory])
    expect(await second.line()).toMatch(
      new RegExp(
        `^conflict: acquire group web: process ${first.pid} on .+ has held it since 20.+${directory}/web.lease/web.1.lock`,
      ),
    )
    await expect(fileStore(directory).acquire?.('web', { signal })).rejects.toMatchObject({
      code: 'conflict',
      retryable: true,
    })
    expect(await fileStore(directory).holder?.('web', { signal })).toMatchObject({
      who: expect.stringContaining(`process ${first.pid} on `),
      token: 1,
    })

    first.process.kill('SIGKILL')
    await first.gone
    expect(await fileStore(directory).holder?.('web', { signal })).toBeUndefined()
    const third = startChild(path, ['lock', directory])
    expect(await third.line()).toBe('held')
    third.process.stdin.end()
    expect(await third.line()).toBe('released')
    await third.gone
    // The number stays, so that the next token is larger.
    expect(await readdir(join(directory, 'web.lease'))).toEqual(['web.2.free'])
  })

  it('lets just one of many that start at the same moment have what a killed one left', async () => {
    const directory = await temporaryDirectory()
    const first = startChild(path, ['lock', directory])
    await first.line()
    first.process.kill('SIGKILL')
    await first.gone
    const rivals = Array.from({ length: 6 }, () => startChild(path, ['lock', directory]))
    const said = await Promise.all(rivals.map((rival) => rival.line()))
    expect(said.filter((line) => line === 'held')).toHaveLength(1)
    expect(said.filter((line) => line.startsWith('conflict: '))).toHaveLength(5)
  })

  it('does not keep its process alive by a lock', async () => {
    const directory = await temporaryDirectory()
    const child = startChild(path, ['lock-and-end', directory])
    await child.gone
    expect(child.process.exitCode).toBe(0)
  })
})
