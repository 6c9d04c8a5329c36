import * as v from 'valibot'
import { checkSettings, wholeNumber } from '../check-settings.js'

/** How `virsh` is run. */
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
  timeoutMs: v.optional(wholeNumber(1)),
  command: v.optional(v.pipe(v.string(), v.nonEmpty())),
})

/** @throws LibvirtError `invalid-argument` that names the option */
export const checkVirshOptions = (options: VirshOptions): VirshSettings =>
  checkSettings(schema, defaults, options)
