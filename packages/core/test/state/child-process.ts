import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'
import { onTestFinished } from 'vitest'

export interface Child {
  readonly pid: number
  readonly process: ChildProcessWithoutNullStreams
  /** What it has said so far. */
  readonly lines: string[]
  /** Resolves with the next line that it says. */
  line(): Promise<string>
  /** Resolves once it is gone, however it went. */
  gone: Promise<unknown>
}

/** Bundles `child.ts` into one file that plain Node runs. */
export async function bundleChild(): Promise<{
  readonly path: string
  readonly remove: () => Promise<void>
}> {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-child-'))
  await build({
    config: false,
    silent: true,
    entry: { child: fileURLToPath(new URL('child.ts', import.meta.url)) },
    outDir: directory,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    target: 'node20',
    platform: 'node',
    noExternal: [/.*/],
  })
  return { path: join(directory, 'child.mjs'), remove: () => rm(directory, { recursive: true, force: true }) }
}

/** Starts it; killed when the test ends. */
export function startChild(path: string, args: readonly string[]): Child {
  const child = spawn(process.execPath, [path, ...args], { stdio: 'pipe' })
  const lines: string[] = []
  child.stderr.on('data', (text: Buffer) => process.stderr.write(text))
  const reader = createInterface(child.stdout)
  reader.on('line', (line) => lines.push(line))
  const gone = once(child, 'close')
  let taken = 0
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await gone
  })
  return {
    pid: child.pid ?? 0,
    process: child,
    lines,
    gone,
    async line() {
      while (taken >= lines.length)
        await Promise.race([
          once(reader, 'line'),
          gone.then(() => Promise.reject(new Error('the child is gone'))),
        ])
      const line = lines[taken]
      taken += 1
      return line ?? ''
    },
  }
}
