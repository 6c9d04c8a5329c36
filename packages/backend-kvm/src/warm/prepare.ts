import { FlotillaError, tcpProbe, type Probe } from '@flotilla/core'
import type { Context } from '../context.js'
import type { Machine } from '../host/host.js'
import { writeOwner } from '../host/write-owner.js'
import { toInstance } from '../to-instance.js'

const pauses = { firstMs: 50, longestMs: 1000 }

/** Boots a machine of the warm pool as far as its kind asks, freezes it, and marks it as ready. */
export async function prepare(context: Context, machine: Machine, signal: AbortSignal): Promise<void> {
  const { kind } = context.settings.warm
  const what = `prepare ${machine.ref.name}`
  let { state } = machine
  if (kind !== 'stopped') {
    await untilReady(context, machine, what, signal)
    state = await freeze(machine, kind, what, signal)
  }
  await writeOwner({ ...machine, state }, { ...machine.owner, warm: 'ready' }, { what, signal })
}

async function untilReady(
  context: Context,
  machine: Machine,
  what: string,
  signal: AbortSignal,
): Promise<void> {
  const { settings, hypervisors, addresses } = context
  const { port, address } = settings.template
  // Without an address nothing can be asked: that it runs must do.
  if (port === undefined || address === 'none') return
  const probe: Probe = settings.warm.ready ?? tcpProbe()
  const { clock } = hypervisors
  const { bootTimeoutMs } = settings.warm
  const endMs = clock.monotonic() + bootTimeoutMs
  let last = 'it has no address'
  for (let pauseMs = pauses.firstMs; ; pauseMs = Math.min(2 * pauseMs, pauses.longestMs)) {
    const ip = (await addresses.of([machine], signal)).get(machine.ref.uuid)
    const instance = toInstance(context, machine, { ip })
    if (instance.address !== undefined) {
      const answer = await probe.check({ instance, address: instance.address }, { signal })
      if (answer.healthy) return
      last = answer.reason
    } else last = addresses.whyNot(machine.ref.uuid) ?? last
    if (clock.monotonic() >= endMs) {
      throw new FlotillaError('launch-failed', `${what}: not ready within ${bootTimeoutMs} ms: ${last}`)
    }
    await clock.sleep(pauseMs, { signal })
  }
}

async function freeze(
  { host, ref }: Machine,
  kind: 'paused' | 'managed-save',
  what: string,
  signal: AbortSignal,
): Promise<Machine['state']> {
  // Memory goes to disk at the disk's pace.
  const timeoutMs = kind === 'managed-save' ? Math.max(host.timeoutMs, saveTimeoutMs) : host.timeoutMs
  await host.ask(
    { what: `${what}: freeze it`, signal, instanceId: ref.uuid, timeoutMs },
    async (hypervisor, call) =>
      kind === 'paused' ? hypervisor.domainSuspend(ref, call) : hypervisor.domainManagedSave(ref, 0, call),
  )
  host.machines.invalidate()
  return kind === 'paused' ? { state: 'paused', reason: 1 } : { state: 'shutoff', reason: 5 }
}

const saveTimeoutMs = 300_000
