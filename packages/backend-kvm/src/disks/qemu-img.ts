import { FlotillaError, type ErrorCode } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { execa } from 'execa'
import type { Step } from '../connection/link.js'

/** Facts about an image, by `qemu-img`. */
export interface ImageFacts {
  readonly format: string
  readonly capacityBytes: bigint
}

/** Runs `qemu-img` on this host, within a bound, and gives what it printed. */
export async function qemuImg(args: readonly string[], step: Step, timeoutMs: number): Promise<string> {
  try {
    const { stdout } = await execa('qemu-img', args, {
      timeout: timeoutMs,
      cancelSignal: step.signal,
      stdin: 'ignore',
      // Messages are matched.
      env: { LC_ALL: 'C' },
    })
    return stdout
  } catch (error) {
    step.signal.throwIfAborted()
    throw fromQemuImg(error, step.what, timeoutMs)
  }
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

function fromQemuImg(error: unknown, what: string, timeoutMs: number): FlotillaError {
  const facts = (typeof error === 'object' && error !== null ? error : {}) as Readonly<
    Record<string, unknown>
  >
  if (facts['code'] === 'ENOENT') {
    return new FlotillaError('invalid-template', `${what}: there is no qemu-img here; install qemu-utils`, {
      cause: error,
    })
  }
  if (facts['timedOut'] === true) {
    return new FlotillaError('timeout', `${what}: qemu-img gave no answer within ${timeoutMs} ms`, {
      cause: error,
    })
  }
  const said =
    typeof facts['stderr'] === 'string' && facts['stderr'] !== '' ? facts['stderr'] : messageOf(error)
  return new FlotillaError(codeOf(said), `${what}: qemu-img: ${said.slice(0, 500)}`, { cause: error })
}

function codeOf(said: string): ErrorCode {
  if (/No space left on device|disk quota exceeded/i.test(said)) return 'no-capacity'
  if (/Permission denied/i.test(said)) return 'permission-denied'
  if (/No such file|is not in .* format|Could not open/i.test(said)) return 'invalid-template'
  return 'launch-failed'
}
