import { describe, expect, it } from 'vitest'
import { runCommand } from '../lib/run-command.js'

const node = (code: string, options?: Parameters<typeof runCommand>[2]) =>
  runCommand(process.execPath, ['-e', code], options)

/** Runs for ever and has a child that does: the output ends, and with it the command, only when both are gone. */
const parentAndChild = `
  const { spawn } = require('node:child_process')
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
  setInterval(() => {}, 1000)`

describe('runCommand', () => {
  it('gives both streams, apart and together, and how it ended', async () => {
    const result = await node(`console.log('out'); console.error('err'); process.exitCode = 4`)
    expect(result).toMatchObject({ ok: false, ending: 'exit code 4', stdout: 'out\n', stderr: 'err\n' })
    expect(result.output).toHaveLength(8)
  })

  it('gives no input', async () => {
    expect((await node(`process.stdin.on('end', () => console.log('end')).resume()`)).stdout).toBe('end\n')
  })

  it('ends a command that takes too long, with all that it started', async () => {
    const result = await node(parentAndChild, { timeoutMs: 1_000 })
    expect(result).toMatchObject({ ok: false, ending: 'not done after 1 s' })
  })

  it('ends a command when its signal aborts', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 50)
    expect(await node(parentAndChild, { signal: stop.signal })).toMatchObject({
      ok: false,
      ending: 'ended by SIGTERM',
    })
  })

  it('does not start anything that goes on after a signal that has aborted', async () => {
    expect(await node(parentAndChild, { signal: AbortSignal.abort() })).toMatchObject({ ok: false })
  })
})
