import { systemCode } from '../errors.js'

/** `ProcessTable.send` as every POSIX host does it. */
export function sendSignal(target: number, signal: NodeJS.Signals): boolean {
  // 0 and -1 mean "my own group" and "everything I may": a bug must not reach them.
  if (!Number.isSafeInteger(target) || Math.abs(target) <= 1)
    throw new RangeError(`no such target: ${target}`)
  try {
    process.kill(target, signal)
    return true
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false
    throw error
  }
}
