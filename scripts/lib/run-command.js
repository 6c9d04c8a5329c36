import { spawn } from 'node:child_process'

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] - the whole environment; by default this process's own
 * @property {number} [timeoutMs] - by default 10 minutes
 * @property {AbortSignal} [signal] - ends the command, and all that it started
 * @property {boolean} [show] - also print the output as it comes
 */

/**
 * @typedef {object} CommandResult
 * @property {boolean} ok - exit code 0
 * @property {string} ending - in words, such as `exit code 1`
 * @property {string} stdout
 * @property {string} stderr
 * @property {string} output - both, as they came
 * @property {number} durationMs
 */

/**
 * Runs a command to its end and gives what it printed. Never rejects: a command that cannot start, is aborted or takes
 * too long is one that is not `ok`. It runs in a process group of its own, which is ended whole.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<CommandResult>}
 */
export async function runCommand(command, args, options = {}) {
  const { timeoutMs = 600_000, show = false, cwd, env } = options
  const startedMs = performance.now()
  let overdue = false
  /** @type {Record<'stdout' | 'stderr' | 'output', string>} */
  const text = { stdout: '', stderr: '', output: '' }

  /** @type {string} */
  const ending = await new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const endGroup = () => {
      killGroup(child.pid, 'SIGTERM')
      setTimeout(killGroup, 5_000, child.pid, 'SIGKILL').unref()
    }
    const timer = setTimeout(() => {
      overdue = true
      endGroup()
    }, timeoutMs)
    options.signal?.addEventListener('abort', endGroup, { once: true })
    if (options.signal?.aborted) endGroup()
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      child[name].setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
        text[name] += chunk
        text.output += chunk
        if (show) process[name].write(chunk)
      })
    }
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve(error.message)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', endGroup)
      resolve(code === null ? `ended by ${signal}` : `exit code ${code}`)
    })
  })

  const ok = ending === 'exit code 0'
  return {
    ok,
    ending: overdue && !ok ? `not done after ${timeoutMs / 1000} s` : ending,
    ...text,
    durationMs: performance.now() - startedMs,
  }
}

/**
 * @param {number | undefined} pid - the leader of the group
 * @param {NodeJS.Signals} signal
 */
function killGroup(pid, signal) {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch {
    // Gone already.
  }
}
