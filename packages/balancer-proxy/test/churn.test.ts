import { Agent } from 'node:http'
import type { BalancerMember } from '@flotilla/core'
import { expect, it, onTestFinished } from 'vitest'
import { isFullLength } from '../../../scripts/lib/property-runs.js'
import { send } from './support/client.js'
import { startProxy } from './support/proxy.js'
import { readBody, startWorker, type Worker } from './support/worker.js'

/** Answers with what it got, in its own time, and closes connections as early as a Node server may. */
async function startEcho(index: number): Promise<Worker> {
  return startWorker(
    async (request, response) => {
      const body = await readBody(request)
      setTimeout(() => response.end(`${request.method} ${body.toString()}`), index % 7)
    },
    { id: `w${index}`, keepAliveTimeout: [5, 1000, 5000][index % 3] ?? 5000 },
  )
}

const { requests, changes } = isFullLength ? { requests: 2000, changes: 20 } : { requests: 600, changes: 8 }

it.each(['round-robin', 'least-connections'] as const)(
  `fails none of ${requests} requests while members come and go ${changes} times: %s`,
  async (algorithm) => {
    const { port, sync, read } = await startProxy([], { algorithm, drainTimeoutMs: 60_000 })
    const members: Worker[] = [await startEcho(0), await startEcho(1)]
    await sync(...members.map(({ member }) => member))
    const agent = new Agent({ keepAlive: true, maxSockets: 20 })
    onTestFinished(() => agent.destroy())

    const wrong: unknown[] = []
    let next = 0
    const client = async (): Promise<void> => {
      for (let index = next++; index < requests; index = next++) {
        const method = index % 3 === 0 ? 'GET' : 'POST'
        const body = method === 'GET' ? '' : `${index} `.repeat(index % 100)
        const options = { method, body, ...(index % 2 === 0 ? { agent } : {}) }
        const answer = await send(port, options).catch((error: unknown) => error)
        const expected = { status: 200, body: `${method} ${body}` }
        if (!isLike(answer, expected)) wrong.push(answer)
      }
    }
    const load = Promise.all(Array.from({ length: 20 }, client))

    for (let change = 2; change < 2 + changes; change += 1) {
      const added = await startEcho(change)
      const [leaving] = members.splice(0, 1)
      members.push(added)
      const set: BalancerMember[] = members.map(({ member }) => member)
      const report = await sync(...set)
      expect(report).toEqual({ drained: [leaving?.member.id], cut: [], readmitted: [] })
      // Drained means that it may be stopped there and then.
      await leaving?.stop()
    }
    await load
    expect(wrong).toEqual([])
    expect(await read('http.request_count')).toBe(requests)
    expect(await read('http.status_5xx')).toBe(0)
  },
  // Two seconds on a quiet machine.
  60_000,
)

it('serves 1,000 requests at once', async () => {
  const waiting: (() => void)[] = []
  const worker = await startWorker((_, response) => {
    waiting.push(() => response.end('ok'))
    if (waiting.length === 1000) for (const answer of waiting) answer()
  })
  const { port, read } = await startProxy([worker.member])
  const answers = await Promise.all(Array.from({ length: 1000 }, async () => send(port)))
  expect(answers.every(({ status, body }) => status === 200 && body === 'ok')).toBe(true)
  expect(await read('http.request_count')).toBe(1000)
})

function isLike(answer: unknown, expected: { status: number; body: string }): boolean {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'status' in answer &&
    'body' in answer &&
    answer.status === expected.status &&
    answer.body === expected.body
  )
}
