import { execa } from 'execa'
import type { ConnectionUri } from '../connection-uri.js'
import { remoteSocketPath } from './socket-path.js'
import type { Transport } from './transport.js'

/** The program on the remote host: libvirt's own helper, or netcat on its socket where the host is too old for one. */
export type RemoteHelper = 'virt-ssh-helper' | 'netcat'

/** The end of the child's error output that is kept. */
const wordsMaxBytes = 4096
/** How long the child's exit is waited for, when its output has ended, for its words. */
const exitWaitMs = 1_000

/**
 * ssh as a child process, whose standard input and output carry the bytes. It never asks anybody anything (BatchMode):
 * the key has to be in an agent, or named by `keyfile=`.
 */
export function openSsh(uri: ConnectionUri, helper: RemoteHelper, readOnly: boolean): Transport {
  const child = execa(uri.parameters.command ?? 'ssh', sshArguments(uri, helper, readOnly), {
    buffer: false,
    reject: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    // Ends with us, and does not hear the keyboard's interrupt before we do.
    cleanup: true,
    detached: false,
    forceKillAfterDelay: 1_000,
  })
  let words = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => {
    words = (words + text).slice(-wordsMaxBytes)
  })
  // Without a listener an error of these pipes would end the process; the session has its own.
  child.stdin.on('error', () => {})
  child.stdout.on('error', () => {})
  child.stderr.on('error', () => {})
  return {
    readable: child.stdout,
    writable: child.stdin,
    destroy: () => void child.kill(),
    async lastWords() {
      const exit = await Promise.race([child, waitFor(exitWaitMs)])
      const reason = exit === undefined ? '' : (exit.originalMessage ?? `exit code ${exit.exitCode}`)
      return [reason, words.trim()].filter((part) => part !== '').join(': ')
    },
  }
}

/** Only what was checked goes in, and nothing after `--` can be an option. */
export function sshArguments(uri: ConnectionUri, helper: RemoteHelper, readOnly: boolean): string[] {
  const { keyfile, knownHosts, noVerify, netcat = 'nc' } = uri.parameters
  return [
    ...(uri.port === undefined ? [] : ['-p', String(uri.port)]),
    ...(uri.user === undefined ? [] : ['-l', uri.user]),
    '-T',
    '-e',
    'none',
    '-o',
    'BatchMode=yes',
    ...(keyfile === undefined ? [] : ['-i', keyfile]),
    ...(knownHosts === undefined ? [] : ['-o', `UserKnownHostsFile="${knownHosts}"`]),
    ...(noVerify ? ['-o', 'StrictHostKeyChecking=no'] : []),
    '--',
    uri.host,
    ...(helper === 'netcat'
      ? [netcat, '-U', remoteSocketPath(uri, readOnly)]
      : ['virt-ssh-helper', ...(readOnly ? ['-r'] : []), uri.name]),
  ]
}

const waitFor = (ms: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref()
  })
