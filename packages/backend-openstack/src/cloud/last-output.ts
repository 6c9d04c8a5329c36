import type { Instance } from '@flotilla/core'
import { lastLines } from '@flotilla/core/authoring'
import { OpenStackError } from '@flotilla/openstack-client'
import type { Context } from '../context.js'

/** How many lines are asked for: more than are shown, since many are empty. */
const lineCount = 60

/** Codes for a console that does not exist, that the hypervisor does not keep, or that this state does not allow. */
const noneCodes = /^(not-found|conflict|unsupported|bad-request|forbidden)$/

/** The last lines of a server's console without secrets; undefined where the cloud keeps none. */
export async function lastOutput(
  { connection, settings }: Pick<Context, 'connection' | 'settings'>,
  { id }: Pick<Instance, 'id'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const step = { what: `console of ${id}`, signal, instanceId: id }
  const log = await connection.ask(step, async (client, call) => {
    try {
      return await client.compute.servers.insight.consoleLog(id, lineCount, call)
    } catch (error) {
      const isNone = error instanceof OpenStackError && (noneCodes.test(error.code) || error.status === 501)
      if (isNone) return ''
      throw error
    }
  })
  return lastLines(log, { secrets: secretsOf(settings.template) })
}

/** Texts that must not be shown, though cloud-init may print them: values in the user data, and those of the metadata. */
export function secretsOf({
  userData,
  metadata,
}: {
  readonly userData: string | undefined
  readonly metadata: Readonly<Record<string, string>>
}): readonly string[] {
  const text = userData === undefined ? '' : Buffer.from(userData, 'base64').toString('utf8')
  const set = [...text.matchAll(/[=:]\s*(?:"([^"\n]{6,})"|'([^'\n]{6,})'|([^\s"']{6,}))/g)]
  return [
    ...set.flatMap(([, ...values]) => values.filter((value) => value !== undefined)),
    ...Object.values(metadata),
  ]
}
