import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'

const module = new URL('../lib/ending-with.js', import.meta.url).href
const program = `
  import { endingWith } from ${JSON.stringify(module)}
  const asked = process.argv[1]
  await endingWith(
    async () => {
      console.log('working')
      if (asked === 'fails') throw new Error('no')
      if (asked === 'lasts') await new Promise((resolve) => setTimeout(resolve, 60_000))
    },
    async () => {
      console.log('ending')
      await new Promise((resolve) => setTimeout(resolve, 100))
      console.log('ended')
    },
  )`

/** Runs it, with signals sent at words that it says. */
async function run(asked: string, signals: Readonly<Record<string, NodeJS.Signals>> = {}) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, asked], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const said: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const word of text.trim().split('\n')) {
      said.push(word)
      const signal = signals[word]
      if (signal !== undefined) child.kill(signal)
    }
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { said, code, signal }
}

const all = ['working', 'ending', 'ended']

it('ends what was begun when the work is done, or fails', async () => {
  expect(await run('passes')).toEqual({ said: all, code: 0, signal: null })
  expect(await run('fails')).toEqual({ said: all, code: 1, signal: null })
})

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'ends what was begun at %s, and then by it',
  async (signal) => {
    expect(await run('lasts', { working: signal })).toEqual({ said: all, code: null, signal })
  },
)

it('ends it whole though it is told again', async () => {
  const told = await run('lasts', { working: 'SIGINT', ending: 'SIGINT' })
  expect(told).toEqual({ said: all, code: null, signal: 'SIGINT' })
})
