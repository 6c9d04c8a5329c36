import type { LaunchRequest } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import type { Context } from './context.js'
import { fromSystem } from './errors.js'
import { instanceId } from './labels.js'

/** What is done for an instance beside the calls, and can fail. */
type What = 'output' | 'record'

const remedies: Readonly<Record<What, string>> = {
  output: 'its output is not cut any more and grows',
  // A record that could not be written has no other way to be told.
  record: 'make room in the state directory, or it will not be listed once it has ended',
}

/** Does something for an instance that must not fail a call: a failure stands in `problems` until it succeeds. */
export async function orTell(
  { problems }: Pick<Context, 'problems'>,
  { group, token, what }: LaunchRequest & { readonly what: What },
  work: () => Promise<unknown>,
): Promise<void> {
  const about = aboutOf(what, instanceId(group, token))
  try {
    await work()
    problems.set(group, about, [])
  } catch (error) {
    const message = `${about}: ${messageOf(error)}; ${remedies[what]}`
    problems.set(group, about, [{ about, message, error: fromSystem(error, about) }])
  }
}

/** Forgets what was told about an instance that is gone. */
export function forgetTold({ problems }: Pick<Context, 'problems'>, group: string, id: string): void {
  for (const what of ['output', 'record'] as const) problems.set(group, aboutOf(what, id), [])
}

function aboutOf(what: What, id: string): string {
  return `${what} of ${id}`
}
