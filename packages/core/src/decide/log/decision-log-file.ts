import { resolve } from 'node:path'
import * as v from 'valibot'
import { disposable } from '../../async/disposable.js'
import { checkOptions } from '../../options/check-options.js'
import { func, having, text, wholeNumber } from '../../options/checks.js'
import { type Clock, systemClock } from '../../clock.js'
import type { FlotillaError } from '../../errors.js'
import { systemFailure } from '../../system/system-failure.js'
import { RotatingFile } from './rotating-file.js'
import { seconds } from '../damping.js'
import type { DecisionRecorder } from './decision-log.js'
import type { Aftermath } from '../trace.js'
import type { NoteLine } from './replay-decisions.js'
import type { DecisionTrace } from '../trace.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `decisionLogFile()`. */
export interface DecisionLogFileOptions {
  readonly path: string
  /** Where a file ends and the next one starts; 10 MB by default. */
  readonly maxBytes?: number | undefined
  /** How many full files are kept beside the one that is written: `path.1` is the newest. 5 by default. */
  readonly keep?: number | undefined
  /** Told once when writing begins to fail, and not again until it has worked in between. */
  readonly onProblem?: ((error: FlotillaError) => void) | undefined
  /** Default: the host's clock. */
  readonly clock?: Clock | undefined
}

/** Writes decisions to a file. What it is given it takes at once; it never throws. */
export interface DecisionLogFile extends DecisionRecorder {
  /** The same as `record`. */
  readonly write: (trace: DecisionTrace) => void
  /** Decisions and notes that were dropped, because the disk was full or slow for too long, or still was at the end. */
  readonly droppedCount: number
  /** Resolves when all that was given is in the file, or the disk refused it; never rejects. */
  flush(): Promise<void>
  /** Flushes, and takes no more. May be called twice. */
  close(): Promise<void>
}

const defaults = { maxBytes: 10_000_000, keep: 5 } as const

/** What waits for the disk, in characters; past this the newest are dropped. */
const mostPending = 4_000_000
const mostBatchBytes = 65_536
const firstRetryMs = 1000
const longestRetryMs = 60_000

const schema = v.strictObject({
  path: text(),
  maxBytes: v.optional(wholeNumber(1)),
  keep: v.optional(wholeNumber(0, 1000)),
  onProblem: v.optional(func<(error: FlotillaError) => void>()),
  clock: v.optional(having<Clock>('a clock', 'now', 'monotonic')),
})

/**
 * Every decision as a line of JSON, in a file that rotates and is for its owner only (0600). What then happened follows
 * it in lines of its own, `{ group, at, metrics: [], what }`; `replayDecisions` reads both.
 *
 * It writes behind the caller's back, one batch at a time, and never keeps the loop waiting. A disk that refuses is tried
 * again, at longer and longer intervals up to a minute, when a decision comes; what waits meanwhile is bounded. Nothing is
 * left running when nothing is written.
 *
 * @throws FlotillaError `invalid-options`
 */
export function decisionLogFile(options: DecisionLogFileOptions): DecisionLogFile & AsyncDisposable {
  const { path, maxBytes, keep, onProblem, clock } = checkOptions('decisionLogFile', schema, options)
  const writer = new BehindWriter({
    file: new RotatingFile({
      path: resolve(path),
      maxBytes: maxBytes ?? defaults.maxBytes,
      keep: keep ?? defaults.keep,
    }),
    maxBytes: maxBytes ?? defaults.maxBytes,
    path,
    onProblem,
    clock: clock ?? systemClock,
  })
  return disposable(writer)
}

interface BehindWriterOptions {
  readonly file: RotatingFile
  readonly maxBytes: number
  readonly path: string
  readonly onProblem: ((error: FlotillaError) => void) | undefined
  readonly clock: Clock
}

class BehindWriter implements DecisionLogFile {
  readonly #options: BehindWriterOptions
  #pending: string[] = []
  #pendingLength = 0
  #running: Promise<void> | undefined
  #failures = 0
  #retryAt = -Infinity
  #dropped = 0
  #isClosed = false

  constructor(options: BehindWriterOptions) {
    this.#options = options
  }

  readonly record = (trace: DecisionTrace): void => this.#take(trace)

  readonly write: (trace: DecisionTrace) => void = this.record

  readonly note = (group: string, { at, what }: Aftermath): void =>
    this.#take({ group, at, metrics: [], what } satisfies NoteLine)

  #take(fact: DecisionTrace | NoteLine): void {
    if (this.#isClosed) return
    const line = lineOf(fact)
    if (line === undefined || this.#pendingLength + line.length > mostPending) {
      this.#dropped += 1
      return
    }
    this.#pending.push(line)
    this.#pendingLength += line.length
    if (this.#options.clock.monotonic() >= this.#retryAt) void this.#run()
  }

  get droppedCount(): number {
    return this.#dropped
  }

  async flush(): Promise<void> {
    await this.#run()
    // What was given while that ran had no turn of its own.
    if (this.#pending.length > 0 && this.#failures === 0) await this.#run()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.flush()
    this.#dropped += this.#pending.length
    this.#pending = []
    this.#pendingLength = 0
  }

  #run(): Promise<void> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0) {
      const count = this.#batchCount()
      const batch = this.#pending.slice(0, count).join('')
      try {
        await this.#options.file.append(batch)
      } catch (error) {
        this.#failed(error)
        return
      }
      this.#pending = this.#pending.slice(count)
      this.#pendingLength -= batch.length
      this.#failures = 0
      this.#retryAt = -Infinity
    }
  }

  /** As many lines as go into one file and one write; one alone after a failure, as that may still fit. */
  #batchCount(): number {
    if (this.#failures > 0) return 1
    const most = Math.min(this.#options.maxBytes, mostBatchBytes)
    let bytes = 0
    for (const [index, line] of this.#pending.entries()) {
      bytes += Buffer.byteLength(line)
      if (bytes > most) return Math.max(1, index)
    }
    return this.#pending.length
  }

  #failed(error: unknown): void {
    const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures)
    this.#failures = Math.min(this.#failures + 1, 20)
    this.#retryAt = this.#options.clock.monotonic() + waitMs
    if (this.#failures > 1) return
    const attempted = `write the decision log ${this.#options.path} (next try in ${seconds(waitMs)})`
    try {
      this.#options.onProblem?.(systemFailure(attempted, error))
    } catch {
      // A listener that throws must not end the log.
    }
  }
}

function lineOf(fact: DecisionTrace | NoteLine): string | undefined {
  try {
    return `${JSON.stringify(fact)}\n`
  } catch {
    return undefined
  }
}

/** How `decisionLogFile` is written in a file. */
export const decisionLogFileForm: Form = optionsForm(
  'a decision log',
  'decisionLogFile',
  decisionLogFile,
  schema,
)
