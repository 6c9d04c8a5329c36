import { lastLines } from '@flotilla/core/authoring'
import type { Step } from '../connection/link.js'
import type { Context } from '../context.js'
import { isUnsupported } from '../errors.js'
import { storeOf } from './open-store.js'

/** Enough for the last lines of any log. */
const tailBytes = 65_536

/** The last lines that a machine wrote to its serial console, also one that has ended; undefined where none are kept. */
export async function lastConsoleLines(
  { hypervisors, settings }: Pick<Context, 'hypervisors' | 'settings'>,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const host of hypervisors.hosts) {
    if (hypervisors.isKnownDown(host)) continue
    const machine = (await host.machines.get(signal)).find(({ ref }) => ref.uuid === id)
    const file = machine?.owner.files.find((one) => one.endsWith('.console.log'))
    if (machine === undefined || file === undefined) continue
    const step: Step = { what: `read the console of ${machine.ref.name}`, signal }
    try {
      const store = await storeOf(host, machine.owner, step)
      const bytes = await store?.tail(file, tailBytes, step)
      if (bytes === undefined) return undefined
      return lastLines(new TextDecoder().decode(bytes), {
        secrets: secretsIn(settings.template.cloudInit?.userData),
      })
    } catch (error) {
      if (isUnsupported(error)) return undefined
      throw error
    }
  }
  return undefined
}

/** Passwords, keys and tokens in first-boot data: a guest may print them. */
function secretsIn(userData = ''): readonly string[] {
  const named = /(?:pass\w*|secret\w*|token\w*|\w*key)["']?\s*[:=]\s*(?:"([^"]+)"|'([^']+)'|([^\s,#]+))/gi
  return [...userData.matchAll(named)].flatMap(([, double, single, bare]) => double ?? single ?? bare ?? [])
}
