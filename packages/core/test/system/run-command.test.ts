import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FlotillaError } from '@flotilla/core'
import { runCommand } from '@flotilla/core/authoring'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const node = (script: string, ...args: readonly string[]): readonly string[] => [
  process.execPath,
  '-e',
  script,
  ...args,
]
const options = { attempted: 'run it', timeoutMs: 10_000, signal: new AbortController().signal }

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-command-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Starts a child that outlives it and holds its output open, and writes the child's number down. */
const leavesChild = (file: string, then: string): readonly string[] => [
  'sh',
  '-c',
  `sleep 60 & echo $! > ${file}; ${then}`,
]

async function isRunning(file: string): Promise<boolean> {
  const pid = (await readFile(file, 'utf8')).trim()
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z'
}

async function ends(file: string): Promise<boolean> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (!(await isRunning(file))) return true
    await sleep(10)
  }
  return false
}

async function timed<T>(work: Promise<T>): Promise<readonly [outcome: T | FlotillaError, tookMs: number]> {
  const startMs = performance.now()
  const outcome = await work.catch((error: FlotillaError) => error)
  return [outcome, performance.now() - startMs]
}

describe('runCommand', () => {
  it('gives what the program said and its exit code, also when it failed', async () => {
    const argv = node("console.log('out'); console.error('err'); process.exitCode = 3")
    expect(await runCommand(argv, options)).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' })
  })

  it('hands over its input, and arguments as they are', async () => {
    const script = 'process.stdin.on("data", (d) => process.stdout.write(d + process.argv[1]))'
    const { stdout } = await runCommand(node(script, '$HOME; echo x'), { ...options, input: 'text ' })
    expect(stdout).toBe('text $HOME; echo x')
  })

  it('does not mind a program that does not read its input', async () => {
    const input = 'x'.repeat(2 ** 20)
    expect(await runCommand(['true'], { ...options, input })).toMatchObject({ exitCode: 0 })
  })

  it('speaks one language, in a directory and with an environment of the caller’s', async () => {
    const env = { OF_THE_CALLER: 'x' }
    const argv = ['sh', '-c', 'echo $LC_ALL $OF_THE_CALLER; pwd']
    expect((await runCommand(argv, { ...options, env, cwd: directory })).stdout).toBe(`C x\n${directory}\n`)
  })

  it('names the program that is not there', async () => {
    await expect(runCommand(['no-such-program-of-ours'], options)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'run it: there is no program no-such-program-of-ours',
    })
  })

  it('says so when a program may not be run', async () => {
    await expect(runCommand(['/etc'], options)).rejects.toMatchObject({ code: 'permission-denied' })
  })

  it('never shows its arguments, whatever goes wrong', async () => {
    const secret = 'hunter2-of-the-caller'
    for (const argv of [
      ['no-such-program-of-ours', secret],
      ['/etc', secret],
      ['true', `${secret}\0`],
      ['true', `${secret}${'x'.repeat(4 * 2 ** 20)}`],
    ]) {
      const error = await runCommand(argv, options).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(FlotillaError)
      expect((error as FlotillaError).message).not.toContain(secret)
    }
  })

  it('ends a program that takes too long', async () => {
    const running = runCommand(node('setInterval(() => {}, 1000)'), { ...options, timeoutMs: 300 })
    await expect(running).rejects.toMatchObject({
      code: 'timeout',
      message: 'run it: no answer within 300 ms',
    })
  })

  it('ends what it started too, and does not wait for output that is held open', async () => {
    const file = join(directory, 'pid')
    const [outcome, tookMs] = await timed(
      runCommand(leavesChild(file, 'wait'), { ...options, timeoutMs: 500 }),
    )
    expect(outcome).toMatchObject({ code: 'timeout' })
    expect(tookMs).toBeLessThan(5000)
    expect(await ends(file)).toBe(true)
  })

  it('settles within its bound whatever does not heed an end, and makes it end', async () => {
    const file = join(directory, 'pid')
    const argv = ['sh', '-c', `trap '' TERM; echo $$ > ${file}; while :; do sleep 1; done`]
    const [outcome, tookMs] = await timed(runCommand(argv, { ...options, timeoutMs: 500 }))
    expect(outcome).toMatchObject({ code: 'timeout' })
    expect(tookMs).toBeLessThan(5000)
    expect(await ends(file)).toBe(true)
  })

  it('settles within its bound when what it left behind has a session of its own', async () => {
    const argv = ['sh', '-c', 'setsid sleep 20 & wait']
    const [outcome, tookMs] = await timed(runCommand(argv, { ...options, timeoutMs: 500 }))
    expect(outcome).toMatchObject({ code: 'timeout' })
    expect(tookMs).toBeLessThan(5000)
  })

  it('gives the answer of a program that ended, and lets what it left behind go on', async () => {
    const file = join(directory, 'pid')
    const [outcome, tookMs] = await timed(runCommand(leavesChild(file, 'echo done'), options))
    expect(outcome).toEqual({ exitCode: 0, stdout: 'done\n', stderr: '' })
    expect(tookMs).toBeLessThan(5000)
    expect(await isRunning(file)).toBe(true)
    process.kill(Number(await readFile(file, 'utf8')))
  })

  it('gives the whole of a long answer', async () => {
    const { stdout } = await runCommand(node('process.stdout.write("x".repeat(5e6))'), options)
    expect(stdout).toHaveLength(5e6)
  })

  it('takes no more output than its bound', async () => {
    const argv = node('setInterval(() => process.stdout.write("x".repeat(1e5)), 1)')
    await expect(runCommand(argv, { ...options, maxOutputBytes: 1e6 })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'run it: it printed more than 1000000 bytes',
    })
  })

  it("rejects with the signal's reason, and ends the program", async () => {
    const file = join(directory, 'pid')
    const controller = new AbortController()
    const reason = new Error('the caller gave up')
    const running = runCommand(leavesChild(file, 'wait'), { ...options, signal: controller.signal })
    while ((await readFile(file, 'utf8').catch(() => '')) === '') await sleep(5)
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect(await ends(file)).toBe(true)
    await expect(runCommand(node(''), { ...options, signal: controller.signal })).rejects.toBe(reason)
  })

  it('says which signal ended a program', async () => {
    const running = runCommand(node("process.kill(process.pid, 'SIGKILL')"), options)
    await expect(running).rejects.toThrow(/ended by SIGKILL/)
    await expect(running).rejects.toBeInstanceOf(FlotillaError)
  })
})
