import type { Address, Instance } from '@flotilla/core'
import type { Context } from './context.js'
import type { Machine } from './host/host.js'
import { startedAt } from './host/machines.js'
import { statusOf } from './status.js'

/** An instance of core's model, from a machine. */
export function toInstance(
  { hypervisors, settings }: Pick<Context, 'hypervisors' | 'settings'>,
  { host, ref, owner, state, diskErrors }: Machine,
  found: {
    readonly ip?: string | undefined
    /** Why it has none. */
    readonly missing?: string | undefined
    readonly downReason?: string | undefined
  },
): Instance {
  const { port } = settings.template
  const broken = host.brokenOff.get(ref.uuid)
  const { status, statusReason, impaired } = statusOf(state, {
    isLaunching: host.launching.has(ref.uuid),
    isYoung: hypervisors.clock.now() - startedAt(owner) < settings.launchGraceMs,
    brokenOff:
      broken === undefined || host.clock.monotonic() < broken.mayStartUntilMs ? undefined : broken.why,
    lastWord: host.lastWords.get(ref.uuid),
    diskErrors,
  })
  const isUnseen = found.downReason !== undefined
  const missing =
    status === 'running' && port !== undefined && found.ip === undefined ? found.missing : undefined
  const reason = isUnseen ? `its hypervisor does not answer: ${found.downReason}` : (missing ?? statusReason)
  const address: Address | undefined =
    found.ip === undefined || port === undefined ? undefined : { host: found.ip, port }
  return {
    id: ref.uuid,
    group: owner.group,
    token: owner.token ?? '',
    name: ref.name,
    // A machine that cannot be seen is neither running nor gone.
    status: isUnseen ? 'unknown' : status,
    ...(reason === undefined ? {} : { statusReason: reason }),
    ...(impaired === undefined || isUnseen ? {} : { impaired }),
    ...(address === undefined ? {} : { address }),
    createdAt: startedAt(owner),
    ...(host.zone === undefined ? {} : { zone: host.zone }),
    templateHash: owner.templateHash,
  }
}
