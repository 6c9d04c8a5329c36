import type { CallOptions } from '../hypervisor.js'
import type { XdrReader } from '../wire/xdr-reader.js'
import type { XdrWriter } from '../wire/xdr-writer.js'

/** One call of libvirt's: its number and how its arguments and its answer look on the wire. */
export interface Procedure<Args extends readonly unknown[], Result> {
  readonly name: string
  readonly number: number
  readonly encode: (writer: XdrWriter, ...args: Args) => unknown
  readonly decode: (reader: XdrReader) => Result
}

export const procedure = <Args extends readonly unknown[], Result>(
  name: string,
  number: number,
  encode: (writer: XdrWriter, ...args: Args) => unknown,
  decode: (reader: XdrReader) => Result,
): Procedure<Args, Result> => ({ name, number, encode, decode })

/** Carries a call out: over the wire, or in a test. */
export type Call = <Args extends readonly unknown[], Result>(
  procedure: Procedure<Args, Result>,
  args: Args,
  options: CallOptions | undefined,
) => Promise<Result>

/** Of calls without arguments or answer. */
export const nothing = (): void => {}
export const readString = (reader: XdrReader): string => reader.string()
