import { FlotillaError } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../src/reach/run-command.js'
import { forever } from '../sample.js'

const node = (script: string): readonly string[] => [process.execPath, '-e', script]
const options = { attempted: 'run it', timeoutMs: 10_000, signal: forever }

describe('runCommand', () => {
  it('gives what the program said and its exit code, also when it failed', async () => {
    const argv = node("console.log('out'); console.error('err'); process.exitCode = 3")
    expect(await runCommand(argv, options)).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' })
  })

  it('hands over its input, and arguments as they are', async () => {
    const script = 'process.stdin.on("data", (d) => process.stdout.write(d + process.argv[1]))'
    const argv = [...node(script), '$HOME; echo x']
    const { stdout } = await runCommand(argv, { ...options, input: 'text ' })
    expect(stdout).toBe('text $HOME; echo x')
  })

  it('names the program that is not there', async () => {
    const running = runCommand(['no-such-program-of-ours'], options)
    await expect(running).rejects.toMatchObject({
      code: 'unavailable',
      message: 'run it: there is no program no-such-program-of-ours',
    })
  })

  it('says so when a program may not be run', async () => {
    await expect(runCommand(['/etc'], options)).rejects.toMatchObject({ code: 'permission-denied' })
  })

  it('ends a program that takes too long', async () => {
    const running = runCommand(node('setInterval(() => {}, 1000)'), { ...options, timeoutMs: 300 })
    await expect(running).rejects.toMatchObject({ code: 'timeout' })
  })

  it("rejects with the signal's reason, and ends the program", async () => {
    const controller = new AbortController()
    const reason = new Error('the caller gave up')
    const running = runCommand(node('setInterval(() => {}, 1000)'), { ...options, signal: controller.signal })
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
    await expect(runCommand(node(''), { ...options, signal: controller.signal })).rejects.toBe(reason)
  })

  it('says which signal ended a program', async () => {
    const running = runCommand(node("process.kill(process.pid, 'SIGKILL')"), options)
    await expect(running).rejects.toThrow(/ended by SIGKILL/)
    await expect(running).rejects.toBeInstanceOf(FlotillaError)
  })
})
