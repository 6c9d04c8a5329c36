import { FlotillaError, type ErrorCode } from '@flotilla/core'
import { errnoOf, messageOf, runCommand } from '@flotilla/core/authoring'
import type { Step } from '../connection/link.js'

/** Facts about an image, by `qemu-img`. */
export interface ImageFacts {
  readonly format: string
  readonly capacityBytes: bigint
}

/** Runs `qemu-img` on this host, within a bound, and gives what it printed. */
export async function qemuImg(args: readonly string[], step: Step, timeoutMs: number): Promise<string> {
  const attempted = `${step.what}: qemu-img`
  const { exitCode, stdout, stderr } = await runCommand(['qemu-img', ...args], {
    attempted,
    timeoutMs,
    signal: step.signal,
  }).catch((error: unknown) => {
    if (!(error instanceof FlotillaError) || errnoOf(error.cause) !== 'ENOENT') throw error
    const message = `${step.what}: there is no qemu-img here; install qemu-utils`
    throw new FlotillaError('invalid-template', message, { cause: error.cause })
  })
  if (exitCode === 0) return stdout
  throw new FlotillaError(codeOf(stderr), `${attempted}: ${stderr.slice(0, 500)}`)
}

/** Looks at an image, also one that a machine has open. */
export async function imageInfo(path: string, step: Step, timeoutMs: number): Promise<ImageFacts> {
  const text = await qemuImg(['info', '--output=json', '--force-share', path], step, timeoutMs)
  const facts = JSON.parse(text) as Readonly<Record<string, unknown>>
  const { format } = facts
  const size = facts['virtual-size']
  if (typeof format !== 'string' || typeof size !== 'number') {
    throw new FlotillaError('unknown', `${step.what}: qemu-img says nothing of ${path}`)
  }
  return { format, capacityBytes: BigInt(size) }
}

/**
 * Whether a program has an image open, by QEMU's own locks: a look at it without force-share then fails. Undefined when
 * that cannot be told from here: no qemu-img, no such file, no right to read it.
 */
export async function isLocked(path: string, step: Step, timeoutMs: number): Promise<boolean | undefined> {
  try {
    await qemuImg(['info', '--output=json', path], step, timeoutMs)
    return false
  } catch (error) {
    step.signal.throwIfAborted()
    return /Failed to get .*lock|another process using the image/i.test(messageOf(error)) ? true : undefined
  }
}

function codeOf(said: string): ErrorCode {
  if (/No space left on device|disk quota exceeded/i.test(said)) return 'no-capacity'
  if (/Permission denied/i.test(said)) return 'permission-denied'
  if (/No such file|is not in .* format|Could not open/i.test(said)) return 'invalid-template'
  return 'launch-failed'
}
