import type { Procedure } from '../procedures/procedure.js'
import { XdrReader } from '../wire/xdr-reader.js'
import { XdrWriter } from '../wire/xdr-writer.js'
import type { CallBound } from './pending-call.js'
import type { Session } from './session.js'

export async function callProcedure<Args extends readonly unknown[], Result>(
  session: Session,
  procedure: Procedure<Args, Result>,
  args: Args,
  bound: CallBound,
): Promise<Result> {
  const answer = await session.call(procedure, encodeArguments(procedure, args), bound)
  return procedure.decode(new XdrReader(answer))
}

export function encodeArguments<Args extends readonly unknown[]>(
  procedure: Procedure<Args, unknown>,
  args: Args,
): Buffer {
  const writer = new XdrWriter()
  procedure.encode(writer, ...args)
  return writer.finish()
}
