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

/** Bundles a program, by default `child.ts`, into one file that plain Node runs. */
export async function bundleChild(entry: URL = new URL('child.ts', import.meta.url)): Promise<{
  readonly path: string
  readonly remove: () => Promise<void>
}> {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-child-'))
  await build({
    config: false,
    silent: true,
    entry: { child: fileURLToPath(entry) },
    outDir: directory,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    target: 'node20',
    platform: 'node',
    noExternal: [/.*/],
    // CommonJS inside an ES module asks for `require`.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    esbuildOptions: (options) => {
      options.conditions = ['@flotilla/source']
    },
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
