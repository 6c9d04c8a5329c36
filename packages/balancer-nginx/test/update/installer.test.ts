import { FlotillaError } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { renderConfig, type RenderedConfig } from '../../src/config/nginx-config.js'
import { ConfigRefused } from '../../src/errors.js'
import type { NginxApi, NginxWorker } from '../../src/nginx-api.js'
import type { StatusPage } from '../../src/status/status-page.js'
import { Installer, type InstallerOptions } from '../../src/update/installer.js'
import { forever, member, shapeOf } from '../sample.js'

const call = { signal: forever }
const before = renderConfig(shapeOf(), [member('a')])
const after = renderConfig(shapeOf(), [member('b')])

/** An Nginx that does at once what it is told, and keeps a diary. */
class Diary implements NginxApi {
  readonly where = 'nginx'
  readonly configFile = '/x.conf'
  readonly did: string[] = []
  file: string | undefined = before.text
  /** What new connections meet; a reload brings the file's. */
  tells: string | undefined = before.generation
  loads = true
  oldAre: 'gone' | 'leaving' | 'staying' = 'gone'
  workersNow: readonly NginxWorker[] = [{ id: 'w1', isLeaving: false }]
  verdict = { isAccepted: true, output: '' }
  log = ''
  failing: Partial<Record<string, Error>> = {}

  async read(): Promise<string | undefined> {
    return this.file
  }
  async write(text: string): Promise<void> {
    this.#do(`write ${text === before.text ? 'before' : 'after'}`)
    this.file = text
  }
  async remove(): Promise<void> {
    this.#do('remove')
    this.file = undefined
  }
  async test(): Promise<{ readonly isAccepted: boolean; readonly output: string }> {
    this.#do('test')
    return this.verdict
  }
  async describe(): Promise<{ readonly dump: string; readonly version: string }> {
    return { dump: '', version: '' }
  }
  async reload(): Promise<void> {
    this.#do('reload')
    if (!this.loads) return
    this.tells = this.file === after.text ? after.generation : before.generation
    this.workersNow = [{ id: 'w2', isLeaving: false }]
  }
  async workers(): Promise<readonly NginxWorker[]> {
    this.#do('workers')
    return this.workersNow
  }
  async stillRunning(ids: readonly string[]): Promise<readonly NginxWorker[]> {
    if (this.oldAre === 'gone') return []
    return ids.map((id) => ({ id, isLeaving: this.oldAre === 'leaving' }))
  }
  async watchErrors(): Promise<() => Promise<string>> {
    return async () => this.log
  }

  #do(what: string): void {
    this.did.push(what)
    const failure = this.failing[what]
    if (failure !== undefined) throw failure
  }
}

let diary = new Diary()
let clock = new FakeClock()
let page: Pick<StatusPage, 'generation' | 'where'>

beforeEach(() => {
  diary = new Diary()
  clock = new FakeClock()
  page = {
    where: 'http://nginx',
    generation: async () =>
      diary.tells === undefined ? { untold: 'connect ECONNREFUSED' } : { told: diary.tells },
  }
})

function install(config: RenderedConfig, more: Partial<InstallerOptions> = {}): Promise<unknown> {
  const installer = new Installer({
    api: diary,
    page,
    upstream: 'backend',
    clock,
    reloadMs: 5000,
    pollMs: [10, 20],
    blindMs: 1000,
    onFirstReload: async () => {},
    ...more,
  })
  const installing = installer.install(config, call)
  installing.catch(() => {})
  return clock.runUntil(installing)
}

describe('an update', () => {
  it('is written, tested, and loaded, in this order', async () => {
    expect(await install(after)).toEqual({
      before: [{ id: 'w1', isLeaving: false }],
      toldAtMs: 0,
    })
    expect(diary.did).toEqual(['write after', 'test', 'workers', 'reload'])
    expect(diary.file).toBe(after.text)
  })

  it('is only loaded when it was written before a crash', async () => {
    diary.file = after.text
    await install(after)
    expect(diary.did).toEqual(['test', 'workers', 'reload'])
  })

  it('that nginx refuses is taken back, and nginx is not told of it', async () => {
    diary.verdict = {
      isAccepted: false,
      output: 'nginx: [emerg] no servers are inside upstream in /x.conf:3',
    }
    const failing = install(after)
    await expect(failing).rejects.toBeInstanceOf(ConfigRefused)
    await expect(failing).rejects.toMatchObject({
      code: 'invalid-options',
      message: 'configure nginx: [emerg] no servers are inside upstream in /x.conf:3',
    })
    expect(diary.did).toEqual(['write after', 'test', 'write before'])
  })

  it('that is the first is removed when nginx refuses it', async () => {
    diary.file = undefined
    diary.verdict = { isAccepted: false, output: 'nginx: [emerg] no' }
    await expect(install(after)).rejects.toThrow('[emerg] no')
    expect(diary.did).toEqual(['write after', 'test', 'remove'])
  })

  it.each([
    ['write after', ['write after', 'write before']],
    ['test', ['write after', 'test', 'write before']],
    ['workers', ['write after', 'test', 'workers', 'write before']],
  ])('whose step "%s" fails is taken back', async (step, did) => {
    const failure = new FlotillaError('unavailable', 'it broke')
    diary.failing[step] = failure
    await expect(install(after)).rejects.toBe(failure)
    expect(diary.did).toEqual(did)
    expect(diary.file).toBe(before.text)
  })

  it('that was told and did not come into force is taken back, and nginx told again', async () => {
    diary.loads = false
    await expect(install(after)).rejects.toMatchObject({
      code: 'timeout',
      message: `reload nginx: not in force after 5000 ms: http://nginx still has generation ${before.generation}`,
    })
    expect(diary.did).toEqual(['write after', 'test', 'workers', 'reload', 'write before', 'reload'])
  })

  it('fails in the words that nginx logged, when it refused after all', async () => {
    diary.loads = false
    diary.log = '2026/11/21 21:48:31 [emerg] 7#7: bind() to 0.0.0.0:80 failed (98: Address already in use)'
    await expect(install(after)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('[emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)'),
    })
  })

  it('is not in force while an old worker takes connections', async () => {
    diary.oldAre = 'staying'
    await expect(install(after)).rejects.toThrow('1 workers with the old configuration take connections')
  })

  it('is in force once the old workers were told to leave', async () => {
    diary.oldAre = 'leaving'
    await expect(install(after)).resolves.toBeDefined()
  })

  it('is seen by a new worker where the generation is not told', async () => {
    await expect(install(after, { page: undefined })).resolves.toBeDefined()
    diary.loads = false
    diary.file = before.text
    await expect(install(after, { page: undefined })).rejects.toThrow('no worker with the new configuration')
  })

  it('counts as in force after a while where nothing can be seen', async () => {
    const startMs = clock.monotonic()
    expect(await install(after, { api: blind(diary), page: undefined })).toMatchObject({ before: undefined })
    expect(clock.monotonic() - startMs).toBeGreaterThanOrEqual(1000)
  })

  it('is refused where the file is somebody else’s, which is left alone', async () => {
    diary.file = 'upstream backend { server 10.0.0.9; }\n'
    await expect(install(after)).rejects.toMatchObject({ code: 'conflict' })
    expect(diary.did).toEqual([])
  })

  it('tells of both when the file could not be put back', async () => {
    diary.verdict = { isAccepted: false, output: 'nginx: [emerg] no' }
    diary.failing['write before'] = new Error('the disk died')
    await expect(install(after)).rejects.toThrow(
      'configure nginx: [emerg] no; and /x.conf could not be put back: the disk died',
    )
  })

  it('lets something else be done beside the first reload, whatever becomes of it', async () => {
    let count = 0
    const onFirstReload = async (): Promise<void> => {
      count += 1
      throw new Error('nobody cares')
    }
    await expect(install(after, { onFirstReload })).resolves.toBeDefined()
    expect(count).toBe(1)
  })
})

/** The same where workers cannot be seen. */
function blind(api: Diary): NginxApi {
  return {
    where: api.where,
    configFile: api.configFile,
    read: () => api.read(),
    write: (text) => api.write(text),
    remove: () => api.remove(),
    test: () => api.test(),
    describe: () => api.describe(),
    reload: () => api.reload(),
  }
}
