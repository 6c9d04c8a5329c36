import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { ClosedLoadReport } from './closed-load.js'

/** What the labs' end-to-end stories have in common. */

export type Until = (
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs?: number,
) => Promise<void>

/** Waits until something holds: how often it is looked at, and for how long unless a story says otherwise. */
export function untilWithin(usualMs: number, { everyMs }: { readonly everyMs: number }): Until {
  return async (what, holds, withinMs = usualMs) => {
    const endMs = performance.now() + withinMs
    while (!(await holds())) {
      if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
      await sleep(everyMs)
    }
  }
}

export interface Running {
  readonly child: ChildProcess
  /** All that it printed. */
  readonly lines: readonly string[]
  readonly ended: Promise<number | null>
}

/** A program of the examples, as a user runs it. */
export function startExample(
  path: string,
  args: readonly string[],
  { directory, env }: { readonly directory: string; readonly env: Readonly<Record<string, string>> },
): Running {
  const program = fileURLToPath(new URL(`../../examples/${path}`, import.meta.url))
  const child = spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => void lines.push(...String(text).split('\n').filter(Boolean)))
  }
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return { child, lines, ended }
}

export async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(3000) })).ok
  } catch {
    return false
  }
}

export function expectAllAnswered(report: ClosedLoadReport): void {
  expect(report.failures).toEqual([])
  expect(report.okCount).toBeGreaterThan(0)
}
