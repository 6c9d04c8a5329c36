import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { CallOptions } from '../hypervisor.js'
import { LibvirtError, timedOut } from '../libvirt-error.js'
import { virshError } from './virsh-error.js'
import type { VirshSettings } from './virsh-options.js'

export interface VirshCommand {
  readonly name: string
  /** Each as `--option=value` or `--option`: a value can then never be taken for an option. */
  readonly args?: readonly string[] | undefined
  /** Content of the file that `--file=` names: virsh cannot read a pipe of Node's. */
  readonly input?: string | Uint8Array | undefined
  /** Lets it say what it did, which it does not by default. */
  readonly isTalkative?: boolean | undefined
}

/** Runs one virsh and gives what it printed. */
export type RunVirsh = (command: VirshCommand, options: CallOptions | undefined) => Promise<string>

/** A list of 16 384 domains and the XML of any fit. */
const outputMaxBytes = 32 * 1024 * 1024

export const runVirsh =
  (uri: string, settings: VirshSettings): RunVirsh =>
  async (command, options = {}) => {
    options.signal?.throwIfAborted()
    if (command.input === undefined) return runOnce(uri, settings, command, options)
    // The content may be secret: only this user may enter the directory.
    const directory = await mkdtemp(join(tmpdir(), 'libvirt-'))
    try {
      const file = join(directory, 'input')
      await writeFile(file, command.input, { mode: 0o600 })
      const args = [...(command.args ?? []), `--file=${file}`]
      return await runOnce(uri, settings, { ...command, args }, options)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

async function runOnce(
  uri: string,
  settings: VirshSettings,
  { name, args = [], isTalkative = false }: VirshCommand,
  { signal, timeoutMs = settings.timeoutMs }: CallOptions,
): Promise<string> {
  if (args.some((arg) => arg.includes('\0')))
    throw new LibvirtError(`virsh ${name}: a zero character cannot be handed on`, {
      kind: 'invalid-argument',
    })
  const flags = [...(isTalkative ? [] : ['-q']), ...(settings.readOnly ? ['-r'] : [])]
  const result = await execa(settings.command, [...flags, '-c', uri, name, ...args], {
    env: { LC_ALL: 'C', TZ: 'UTC' },
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
    forceKillAfterDelay: 500,
    maxBuffer: outputMaxBytes,
    stripFinalNewline: false,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  })
  if (result.isCanceled) throw signal?.reason
  if (result.timedOut) throw timedOut(`virsh ${name}`, timeoutMs)
  if (result.isMaxBuffer)
    throw new LibvirtError(`virsh ${name}: printed more than ${outputMaxBytes} bytes`, { kind: 'protocol' })
  if (!result.failed) return result.stdout
  if (result.exitCode !== undefined) throw virshError(name, result.stderr)
  throw new LibvirtError(`virsh ${name}: ${result.originalMessage ?? 'it could not be run'}`, {
    kind: 'connection',
    cause: result,
  })
}
