import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

/** Makes plain JavaScript of a program here and all it imports: Node 20 runs no TypeScript, and `dist` may be old. */
export async function bundleController(outDir: string, name: string = 'controller'): Promise<string> {
  await build({
    config: false,
    entry: { [name]: fileURLToPath(new URL(`${name}.ts`, import.meta.url)) },
    outDir,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    target: 'node20',
    noExternal: [/./],
    // CommonJS inside an ES module asks for `require`.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    esbuildOptions: (options) => {
      options.conditions = ['@flotilla/source']
    },
    silent: true,
  })
  return join(outDir, `${name}.mjs`)
}

/** A controller that runs in a process of its own. */
export interface ControllerProcess {
  readonly pid: number
  /** Resolves when it begins to launch. */
  readonly begun: Promise<void>
  /** Resolves when every launch has resolved; rejects when the process ends before. */
  readonly launched: Promise<void>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

export async function startController(script: string, args: readonly string[]): Promise<ControllerProcess> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const said = new Map<string, () => void>()
  const hear = async (word: string): Promise<void> =>
    new Promise((resolve, reject) => {
      said.set(word, resolve)
      void exited.then(() => reject(new Error(`the controller ended before it said "${word}"`)))
    })
  const [begun, launched] = [hear('begin'), hear('end')]
  // Who kills it does not wait for these.
  begun.catch(() => {})
  launched.catch(() => {})
  createInterface(child.stdout).on('line', (line) => said.get(line.split(' ')[0] ?? '')?.())
  await once(child, 'spawn')
  if (child.pid === undefined) throw new Error('no pid')
  return {
    pid: child.pid,
    begun,
    launched,
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
