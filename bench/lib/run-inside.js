import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'

/**
 * Runs a program of this folder in a network namespace, and says how busy the machine was before and after it.
 *
 * @param {string} program - name of its file
 * @param {readonly string[]} args
 * @param {{ namespacePath: string, environment: Readonly<Record<string, string>>, versions: string, signal?: AbortSignal }} given
 *   - `versions` of what is measured, for the first line; the program is sent what `signal` aborts with
 */
export async function runInside(program, args, { namespacePath, environment, versions, signal }) {
  console.log(`${versions}; load average ${averages()}`)
  const file = fileURLToPath(new URL(program, import.meta.url))
  const child = spawn('nsenter', [`--net=${namespacePath}`, process.execPath, file, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  signal?.addEventListener('abort', () => child.kill(signal.reason), { once: true })
  const [code] = await once(child, 'exit')
  console.log(`load average at the end ${averages()}`)
  if (code !== 0) process.exitCode = 1
}

const averages = () =>
  loadavg()
    .map((one) => one.toFixed(1))
    .join(' ')
