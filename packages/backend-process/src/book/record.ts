import { check } from '@flotilla/core/authoring'
import * as v from 'valibot'

/** The controller that works on a launch, so that another can tell whether it still does. */
export interface Claim {
  readonly pid: number
  readonly birth: string
  /** Its backend object: one process may hold several. */
  readonly backend: string
}

/** The process that is the instance: the leader of its own session. */
export interface Child {
  readonly pid: number
  /** Absent when it had exited before its birth could be read. */
  readonly birth?: string | undefined
}

/** How it ended, as Node tells: a code, or the signal that killed it. */
export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/**
 * What is written down of one launch, in the order it comes to be known: the claim before anything is done, the port
 * before it is taken, the child once it is started, its exit if this controller saw it. It holds no environment.
 */
export interface LaunchRecord {
  readonly claim: Claim
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly templateHash: string
  readonly host: string
  readonly port?: number | undefined
  readonly child?: Child | undefined
  readonly exit?: Exit | undefined
}

const schema: v.GenericSchema<unknown, LaunchRecord> = v.object({
  claim: v.object({ pid: check.wholeNumber(1), birth: check.text(), backend: check.text() }),
  createdAt: check.wholeNumber(),
  templateHash: check.text(),
  host: check.text(),
  port: v.optional(check.wholeNumber(1, 65_535)),
  child: v.optional(v.object({ pid: check.wholeNumber(2), birth: v.optional(check.text()) })),
  exit: v.optional(v.object({ code: v.nullable(v.number()), signal: v.nullable(v.string()) })),
})

/** Undefined when the text is not a record: the file was cut short or written by hand. */
export function parseRecord(json: string): LaunchRecord | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(json))
    return result.success ? result.output : undefined
  } catch {
    return undefined
  }
}
