import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bundleController, startController, type ControllerProcess } from './support/controller-process.js'
import { Playground, never } from './support/playground.js'

const tokens = ['t-1', 't-2', 't-3', 't-4']
const ids = tokens.map((token) => `web.${token}`)

let outDir: string
let script: string
let playground: Playground
let controllers: ControllerProcess[]

beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'flotilla-controller-'))
  script = await bundleController(outDir)
})
afterAll(async () => rm(outDir, { recursive: true, force: true }))
beforeEach(async () => {
  playground = await Playground.make()
  controllers = []
})
afterEach(async () => {
  for (const controller of controllers) await controller.kill()
  await playground.cleanup()
})

async function start(): Promise<ControllerProcess> {
  const controller = await startController(script, [playground.stateDir, 'web', ...tokens])
  controllers.push(controller)
  return controller
}

/** Proves what must hold whenever the one before was killed, ends everything, and gives what is left even then. */
async function recover(): Promise<readonly string[]> {
  const backend = playground.backend()
  const listed = (await backend.list('web', { signal: never })).map(({ id }) => id)
  expect(new Set(listed).size, 'listed twice').toBe(listed.length)
  expect(ids).toEqual(expect.arrayContaining(listed))
  const before = new Map(
    await Promise.all(listed.map(async (id) => [id, await playground.pidsOf(id)] as const)),
  )

  await Promise.all(tokens.map(async (token) => backend.launch({ group: 'web', token }, { signal: never })))
  const relisted = await backend.list('web', { signal: never })
  expect(relisted.map(({ id }) => id).toSorted()).toEqual(ids)
  expect(new Set(relisted.map(({ address }) => address?.port)).size, 'one port each').toBe(ids.length)
  for (const id of ids) {
    const pids = await playground.pidsOf(id)
    expect(pids, `processes of ${id}`).toHaveLength(1)
    expect(pids, 'what was listed is kept').toEqual(before.get(id) ?? pids)
    expect(await playground.pid(id)).toBe(pids[0])
  }

  const report = await backend.terminate('web', ids, { signal: never })
  expect(report.failed).toEqual([])
  return playground.leftovers()
}

describe('a controller that is killed', () => {
  it('leaves its instances running, and the next one finds them', async () => {
    const controller = await start()
    await controller.launched
    await controller.kill()
    const backend = playground.backend()
    const listed = await backend.list('web', { signal: never })
    expect(listed.map(({ id, status }) => `${id} ${status}`).toSorted()).toEqual(
      ids.map((id) => `${id} running`),
    )
    expect(await recover()).toEqual([])
  })

  // Starting four processes takes some 10 to 30 ms from the first word; the moments are spread over it.
  it.each([0, 2, 4, 6, 8, 10, 13, 16, 20, 25, 30, 40])(
    'and was killed %i ms into its launches leaves each token at most once, and nothing that is not found again',
    async (momentMs) => {
      const controller = await start()
      await controller.begun
      await new Promise((resolve) => setTimeout(resolve, momentMs + Math.random() * 2))
      await controller.kill()
      expect(await recover()).toEqual([])
    },
  )

  it('leaves nothing that another could start twice, while the other launches the same tokens', async () => {
    const [first, second] = [await start(), await start()]
    await first.begun
    await first.kill()
    await second.launched
    await second.kill()
    expect(await recover()).toEqual([])
  })
})

describe('two controllers on one state directory', () => {
  it('that launch the same tokens at once make one process of each', async () => {
    const [first, second] = await Promise.all([start(), start()])
    await Promise.all([first.launched, second.launched])
    for (const id of ids) expect(await playground.pidsOf(id), `processes of ${id}`).toHaveLength(1)
    expect(await recover()).toEqual([])
  })
})
