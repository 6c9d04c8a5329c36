import * as v from 'valibot'
import { LibvirtError } from '../libvirt-error.js'

export interface VirshOptions {
  /** Asks for a connection that only reads. Default false. */
  readonly readOnly?: boolean | undefined
  /** Bound of every call that brings none of its own, in milliseconds. Default 30 000. */
  readonly timeoutMs?: number | undefined
  /** The program. Default `virsh`. */
  readonly command?: string | undefined
}

export interface VirshSettings {
  readonly readOnly: boolean
  readonly timeoutMs: number
  readonly command: string
}

const defaults: VirshSettings = { readOnly: false, timeoutMs: 30_000, command: 'virsh' }

const schema = v.strictObject({
  readOnly: v.optional(v.boolean()),
  timeoutMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31 - 1))),
  command: v.optional(v.pipe(v.string(), v.nonEmpty())),
})

/** @throws LibvirtError `invalid-argument` that names the option */
export function checkVirshOptions(options: VirshOptions): VirshSettings {
  const result = v.safeParse(schema, options)
  if (!result.success) {
    const [issue] = result.issues
    throw new LibvirtError(`option ${v.getDotPath(issue) ?? ''}: ${issue.message}`, {
      kind: 'invalid-argument',
    })
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return { ...defaults, ...given }
}
