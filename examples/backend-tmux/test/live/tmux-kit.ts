import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { FlotillaError } from '@flotilla/core'
import { runCommand } from '@flotilla/core/authoring'
import type { BackendUnderTest } from '@flotilla/core/testing'
import { tmux as backendOn } from '../../backend.js'

// #region kit
type Run = typeof runCommand

/** tmux's own command behind each call of the contract. */
const commandOf = {
  list: 'list-panes',
  launch: 'new-session',
  terminate: 'kill-session',
  usage: 'none',
} as const

/** A backend on a tmux server of its own, and all that can go wrong with it. */
export async function makeTmux(): Promise<BackendUnderTest> {
  const socket = `test-${randomUUID().slice(0, 8)}`
  const tmux = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('tmux', ['-L', socket, '-f', '/dev/null', ...args])
    return stdout.trim()
  }
  const pidOf = async (id: string) =>
    Number(await tmux('display-message', '-p', '-t', `=${id}:`, '#{pane_pid}'))
  /** What happens in the place of the next command of a name. */
  const faults = new Map<string, Run>()
  const run: Run = async (argv, options) => {
    const [command, fault] = [...faults].find(([name]) => argv.includes(name)) ?? []
    if (command === undefined || fault === undefined) return runCommand(argv, options)
    faults.delete(command)
    return fault(argv, options)
  }
  // A shell that goes on until it is killed, and that also dies of what the suite makes it do.
  const options = {
    command: ['sh', '-c', 'while read line; do :; done'],
    socket,
    timeoutMs: 3000,
    graceMs: 500,
  } as const

  return {
    backend: backendOn(options, run),
    reopen: async () => backendOn(options),
    makeForeign: async () => {
      await tmux('new-session', '-d', '-s', 'somebody-elses', 'sleep 1000')
      return 'somebody-elses'
    },
    isRunning: async (id) =>
      (await tmux('display-message', '-p', '-t', `=${id}:`, '#{pane_dead}').catch(() => '1')) === '0',
    crash: async (id) => void process.kill(await pidOf(id), 'SIGKILL'),
    writeOutput: async (id, text) => void (await tmux('send-keys', '-l', '-t', `=${id}:`, text)),
    failNext: (call) =>
      void faults.set(commandOf[call], async () => ({ exitCode: 1, stdout: '', stderr: 'fork failed: no' })),
    hangNext: (call) =>
      void faults.set(commandOf[call], async (_, given) => runCommand(['sleep', '1000'], given)),
    loseReply: () =>
      void faults.set('new-session', async (argv, given) => {
        await runCommand(argv, given)
        throw new FlotillaError('unavailable', 'the answer was lost')
      }),
    refuseTerminate: (id) =>
      void faults.set(`=${id}`, async () => ({ exitCode: 1, stdout: '', stderr: 'not this one' })),
    cleanup: async () => {
      await tmux('kill-server').catch(() => {})
      // tmux leaves its socket and its lock behind.
      for (const end of ['', '.lock'])
        await rm(`/tmp/tmux-${process.getuid?.()}/${socket}${end}`, { force: true })
    },
  }
}
// #endregion
