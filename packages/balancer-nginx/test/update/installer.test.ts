import { FlotillaError } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { renderConfig, type RenderedConfig } from '../../src/config/nginx-config.js'
import { ConfigRefused } from '../../src/errors.js'
import type { FrontWitness, Sighting } from '../../src/front/witness.js'
import type { Look, NginxApi, NginxWorker, TestVerdict } from '../../src/nginx-api.js'
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
  verdict: TestVerdict = { isAccepted: true, output: '' }
  more: Partial<Look> = {}
  log = ''
  failing: Partial<Record<string, Error>> = {}

  async look(): Promise<Look> {
    return { text: this.file, workers: this.workersNow, vantages: [], ...this.more }
  }
  async write(text: string): Promise<void> {
    this.#do(`write ${text === before.text ? 'before' : 'after'}`)
    this.file = text
  }
  async remove(): Promise<void> {
    this.#do('remove')
    this.file = undefined
  }
  async test(): Promise<TestVerdict> {
    this.#do('test')
    return this.verdict
  }
  async version(): Promise<string> {
    return ''
  }
  async reload(): Promise<void> {
    this.#do('reload')
    if (!this.loads) {
      if (this.oldAre === 'gone') this.workersNow = []
      return
    }
    this.tells = this.file === after.text ? after.generation : before.generation
    this.workersNow = [{ id: 'w2', isLeaving: false }]
  }
  async workers(also: readonly string[]): Promise<readonly NginxWorker[]> {
    if (also.length > 0) return [...this.workersNow, ...(await this.stillRunning(also))]
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
let witness: Pick<FrontWitness, 'look'>
let doubtCount = 0
const blindWitness = { look: async (): Promise<Sighting> => ({ kind: 'unseen' }) }

beforeEach(() => {
  diary = new Diary()
  clock = new FakeClock()
  doubtCount = 0
  witness = {
    look: async (generation) =>
      diary.tells === generation
        ? { kind: 'served' }
        : { kind: 'missing', reason: `clients get generation ${diary.tells}` },
  }
})

function install(config: RenderedConfig, more: Partial<InstallerOptions> = {}): Promise<unknown> {
  const installer = new Installer({
    api: diary,
    witness,
    shape: shapeOf(),
    clock,
    reloadMs: 5000,
    pollMs: [10, 20],
    blindMs: 1000,
    onDump: () => {},
    ...more,
  })
  const onDoubt = (): void => void (doubtCount += 1)
  const installing = installer.look(call).then((look) => installer.install({ config, look, onDoubt }, call))
  installing.catch(() => {})
  return clock.runUntil(installing)
}

describe('an update', () => {
  it('is written, tested, and loaded, in this order', async () => {
    expect(await install(after)).toEqual({
      before: [{ id: 'w1', isLeaving: false }],
      toldAtMs: 0,
      left: { ids: new Set(['w2']), seenAtMs: 0 },
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
    expect(doubtCount).toBe(0)
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
      message: `reload nginx: not in force after 5000 ms: clients get generation ${before.generation}`,
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
    await expect(install(after)).rejects.toThrow(
      '1 of the workers with the old configuration still take connections',
    )
  })

  it('is in force once the old workers were told to leave', async () => {
    diary.oldAre = 'leaving'
    await expect(install(after)).resolves.toBeDefined()
  })

  it('is seen by a new worker where the generation is not told', async () => {
    await expect(install(after, { witness: blindWitness })).resolves.toBeDefined()
    diary.loads = false
    diary.file = before.text
    await expect(install(after, { witness: blindWitness })).rejects.toThrow(
      'no worker with the new configuration',
    )
  })

  it('counts as in force after a while where nothing can be seen', async () => {
    const startMs = clock.monotonic()
    expect(await install(after, { api: blind(diary), witness: blindWitness })).toMatchObject({
      before: undefined,
    })
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

  it('hands on the whole configuration where it was read', async () => {
    const dump = `# configuration file /nginx.conf:\nhttp { include x.conf; }\n# configuration file /x.conf:\n${after.text}`
    diary.verdict = { isAccepted: true, output: '', dump }
    const dumps: string[] = []
    await install(after, { onDump: (one) => dumps.push(one) })
    expect(dumps).toEqual([dump])
  })

  it('that nginx does not read is taken back, and what to add is said', async () => {
    const dump = '# configuration file /nginx.conf:\nhttp { include /etc/sites/*; }\n'
    diary.verdict = { isAccepted: true, output: '', dump }
    await expect(install(after)).rejects.toMatchObject({
      code: 'unavailable',
      message:
        'configure nginx: /x.conf is not read: http { … } of /nginx.conf includes only /etc/sites/*; add the line include /*.conf; there, or give a configFile that it includes',
    })
    expect(diary.did).toEqual(['write after', 'test', 'write before'])
  })

  it('is written and tested in one where that can be had, with the workers', async () => {
    const put = async (text: string): Promise<TestVerdict> => {
      diary.did.push('put')
      diary.file = text
      return { isAccepted: true, output: '', workers: [{ id: 'w0', isLeaving: false }] }
    }
    const api: NginxApi = Object.assign(diary, { put })
    expect(await install(after, { api })).toMatchObject({ before: [{ id: 'w0' }] })
    expect(diary.did).toEqual(['put', 'reload'])
  })

  it('is not begun during a binary upgrade, whose old master would go on with what was', async () => {
    diary.more = { upgrade: { oldPid: 7, newPid: 9 } }
    await expect(install(after)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('the old master 7 still takes connections beside the new one 9'),
    })
    expect(diary.did).toEqual([])
  })

  it('is not begun where the master reads another main file than the one that would be tested', async () => {
    diary.more = { masterTitle: 'nginx: master process nginx -c /opt/nginx.conf -g daemon off;' }
    await expect(install(after)).rejects.toMatchObject({
      code: 'invalid-options',
      field: 'mainConfigFile',
      message: expect.stringContaining("give mainConfigFile: '/opt/nginx.conf'"),
    })
    expect(diary.did).toEqual([])
  })
})

/** The same where workers cannot be seen. */
function blind(api: Diary): NginxApi {
  return {
    where: api.where,
    configFile: api.configFile,
    look: async () => ({ text: api.file, workers: undefined, vantages: [] }),
    write: (text) => api.write(text),
    remove: () => api.remove(),
    test: () => api.test(),
    version: () => api.version(),
    reload: () => api.reload(),
  }
}
