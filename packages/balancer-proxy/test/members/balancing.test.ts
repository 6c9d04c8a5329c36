import { expect, it } from 'vitest'
import { eventually, send } from '../support/client.js'
import { startProxy } from '../support/proxy.js'
import { startNamed, startWorker } from '../support/worker.js'

async function answersOf(port: number, count: number): Promise<string> {
  let answers = ''
  for (let index = 0; index < count; index += 1) answers += (await send(port)).body
  return answers
}

it('goes round the members in turn', async () => {
  const workers = await Promise.all(['a', 'b', 'c'].map(startNamed))
  const { port } = await startProxy(workers.map(({ member }) => member))
  expect(await answersOf(port, 9)).toBe('abcabcabc')
})

it.each(['round-robin', 'least-connections'] as const)('heeds weights: %s', async (algorithm) => {
  const [a, b] = await Promise.all(['a', 'b'].map(startNamed))
  const { port, sync } = await startProxy([], { algorithm })
  await sync({ ...a!.member, weight: 3 }, b!.member)
  const answers = await answersOf(port, 12)
  expect(answers).toBe('aabaaabaaaba')
})

it('takes a new weight without a drain', async () => {
  const [a, b] = await Promise.all(['a', 'b'].map(startNamed))
  const { port, sync } = await startProxy([a!.member, b!.member])
  expect(await sync(a!.member, { ...b!.member, weight: 2 })).toEqual({ drained: [], cut: [], readmitted: [] })
  expect((await answersOf(port, 9)).replaceAll('a', '')).toHaveLength(6)
})

it('gives the next request to the member with the fewest in flight', async () => {
  const held: (() => void)[] = []
  const slow = await startWorker((_, response) => void held.push(() => response.end('s')), { id: 's' })
  const quick = await startNamed('q')
  const { port } = await startProxy([slow.member, quick.member], { algorithm: 'least-connections' })
  const first = send(port)
  await eventually(() => slow.requests.length === 1)
  expect(await answersOf(port, 5)).toBe('qqqqq')
  held[0]?.()
  expect((await first).body).toBe('s')
})

it('weighs what is in flight', async () => {
  const counts = { heavy: 0, light: 0 }
  const start = async (id: 'heavy' | 'light') => startWorker(() => (counts[id] += 1), { id })
  const [heavy, light] = await Promise.all([start('heavy'), start('light')])
  const { port } = await startProxy([{ ...heavy.member, weight: 3 }, light.member], {
    algorithm: 'least-connections',
  })
  for (let index = 0; index < 12; index += 1) {
    send(port).catch(() => {})
    await eventually(() => counts.heavy + counts.light === index + 1)
  }
  expect(counts).toEqual({ heavy: 9, light: 3 })
})
