import { FlotillaError, type Instance, type LaunchRequest } from '@flotilla/core'
import { toFlotillaError } from '@flotilla/core/authoring'
import type { Context } from './context.js'
import { isNameTaken, isNoDomain } from './errors.js'
import type { Host, Machine } from './host/host.js'
import type { HostView } from './host/hypervisors.js'
import { isAway, isEnded, isOfGroup, newestOf } from './host/machines.js'
import { readOwnerOf } from './inventory.js'
import { makeMachine } from './make-machine.js'
import { domainName } from './names.js'
import { launchOn } from './place/placement-book.js'
import { toInstance } from './to-instance.js'
import { enter, removeUseless } from './warm/enter.js'
import type { WarmPool } from './warm/warm-pool.js'

/** Another controller that is at the same token has this many tries: about 2 s. */
const defaults = { attempts: 6, firstPauseMs: 50, longestPauseMs: 800 }

/**
 * Makes one machine of a token, or finds the one that was made before: by the metadata of all machines there are, since
 * one of the warm pool has another name than its token. A machine of the pool is taken before one is made.
 */
export async function launch(
  context: Context,
  warmPool: WarmPool,
  { group, token }: LaunchRequest,
  signal: AbortSignal,
): Promise<Instance> {
  const { clock } = context.hypervisors
  const name = domainName({ scope: context.settings.scope, group, key: token })
  let pauseMs = defaults.firstPauseMs
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    const views = await context.hypervisors.look(signal)
    const machine =
      (await adopt(context, views, { group, token }, signal)) ??
      (await warmPool.take({ group, token }, views, signal)) ??
      (await makeSomewhere(context, views, { group, token }, signal))
    if (machine !== undefined) return addressed(context, machine, signal)
    if (attempt >= defaults.attempts) {
      throw new FlotillaError('conflict', `launch ${name}: the name is taken by a domain that is not ours`)
    }
    await clock.sleep(pauseMs, { signal })
    pauseMs = Math.min(2 * pauseMs, defaults.longestPauseMs)
  }
}

/** With its address, where that is known already. An agent is not waited for: its guest has only begun to boot. */
async function addressed(context: Context, machine: Machine, signal: AbortSignal): Promise<Instance> {
  if (context.settings.template.address === 'agent') return toInstance(context, machine, {})
  // A machine that is there must not be lost for want of its address: list gives it later.
  const ips = await context.addresses.of([machine], signal).catch(() => {
    signal.throwIfAborted()
    return new Map<string, string>()
  })
  return toInstance(context, machine, { ip: ips.get(machine.ref.uuid) })
}

/** The machine that has the token already, brought to run if its launch was cut off. */
async function adopt(
  context: Context,
  views: readonly HostView[],
  { group, token }: LaunchRequest,
  signal: AbortSignal,
): Promise<Machine | undefined> {
  const { scope } = context.settings
  const found = newestOf(
    views
      .flatMap(({ machines }) => machines)
      .filter(
        (machine) => isOfGroup(machine, scope, group) && machine.owner.token === token && !isEnded(machine),
      ),
  )
  if (found === undefined) return undefined
  const what = `launch ${found.ref.name}`
  const { owner, state } = found
  const neverStarted = state.state === 'shutoff' && state.reason === 0 && owner.migratedAt === undefined
  if (neverStarted && owner.claimedAt === undefined) {
    // A launch that died left it: its disk may be there or not.
    await removeUseless(context, found, { what: `${what}: remove what is half made`, signal })
    return undefined
  }
  const wasCutOff = owner.claimedAt !== undefined && (state.state === 'paused' || state.state === 'shutoff')
  if (!wasCutOff || isAway(found)) return found
  return enter(context, found, { what, signal })
}

/** Undefined when the name is taken by what then must be looked at anew. */
async function makeSomewhere(
  context: Context,
  views: readonly HostView[],
  { group, token }: LaunchRequest,
  signal: AbortSignal,
): Promise<Machine | undefined> {
  const { placement, settings } = context
  const name = { scope: settings.scope, group, key: token }
  const { hosts, refused, ticket } = await placement.places(views, signal)
  const errors: FlotillaError[] = [...refused]
  for (const host of hosts) {
    try {
      return await launchOn(host, { ticket, settings }, signal, async () =>
        makeMachine(context, host, { name, token, isStarted: true }, signal),
      )
    } catch (thrown) {
      signal.throwIfAborted()
      if (isNameTaken(thrown)) {
        host.machines.invalidate()
        await refuseStranger(context, host, domainName(name), signal)
        return undefined
      }
      const error = toFlotillaError(thrown, `launch ${domainName(name)}`)
      if (!movesOn(error)) throw error
      errors.push(error)
    }
  }
  throw worst(errors, domainName(name))
}

/** Full, away, or without the golden image: another hypervisor may do what this one cannot. */
function movesOn({ code }: FlotillaError): boolean {
  return code !== 'conflict' && code !== 'closed'
}

/** The one error of a launch for which no hypervisor would do. */
function worst(errors: readonly FlotillaError[], name: string): FlotillaError {
  const [first] = errors
  if (first === undefined) return new FlotillaError('no-capacity', `launch ${name}: there is no hypervisor`)
  if (errors.length === 1) return first
  const isFull = errors.some(({ code }) => code === 'no-capacity')
  const message = `launch ${name}: no hypervisor would take it: ${errors.map((error) => error.message).join('; ')}`
  return new FlotillaError(isFull ? 'no-capacity' : first.code, message, { cause: first })
}

/** @throws FlotillaError `conflict` when the domain with our name is none of ours */
async function refuseStranger(
  { settings }: Context,
  host: Host,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const what = `launch ${name}: look who has the name`
  await host.ask({ what, signal }, async (hypervisor, call) => {
    try {
      const ref = await hypervisor.domainLookupByName(name, call)
      const owner = await readOwnerOf(hypervisor, ref, call)
      if (owner?.scope === settings.scope) return
      throw new FlotillaError('conflict', `${what}: the domain ${ref.uuid} has it, and is not ours`)
    } catch (error) {
      if (!isNoDomain(error)) throw error
    }
  })
}
