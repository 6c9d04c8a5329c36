import type { ProbeResult } from '../../probes/probe.js'
import type { Instance, LifecycleState } from '../../model.js'
import type { GroupState, Member } from './group-state.js'
import { afterFailure, retryDelayMs } from './launch-backoff.js'
import type { LifeLimits } from './life-limits.js'
import { impairment } from './platform-health.js'
import { type EndFacts, goneReason, notReadyReason } from './reasons.js'

/** One instance moved from one state of its life to another. */
export interface LifecycleChange {
  readonly instance: Instance
  /** Undefined for a machine seen for the first time. */
  readonly from: LifecycleState | undefined
  readonly to: LifecycleState | 'gone'
  readonly reason: string
}

/** What was seen since the last pass. */
export interface Sighting {
  readonly now: number
  /** Every machine of the group, when it was listed in this pass. */
  readonly listed?: readonly Instance[] | undefined
  /** Tokens of which a machine may have come to exist that the list cannot show: their launch had not ended when it began. */
  readonly open?: ReadonlySet<string> | undefined
  /** Machines whose launch succeeded. */
  readonly launched?: readonly Instance[] | undefined
  /** How many launches failed. */
  readonly failedLaunchCount?: number | undefined
  /** Ids that are gone, and ids that could not be ended. */
  readonly terminated?: readonly string[] | undefined
  readonly notTerminated?: readonly NotTerminated[] | undefined
  readonly probes: ReadonlyMap<string, ProbeResult>
  /** The latest answer of each probe, also those of before. */
  readonly answers?: ReadonlyMap<string, ProbeResult> | undefined
  /** What is known of the end of one that is no longer listed. */
  readonly endOf?: ((member: Member) => EndFacts) | undefined
  /** 0 <= value < 1 */
  readonly random: number
}

/** One that could not be ended, and what came back. */
export interface NotTerminated {
  readonly id: string
  readonly reason: string
}

export interface Advanced {
  readonly state: GroupState
  readonly changes: readonly LifecycleChange[]
  /** Unhealthy instances that are left alone because there are too many of them. */
  readonly brakedCount: number
}

/** Said of one that is not replaced. */
export const leftToBackend =
  'it is left to the backend, which chooses by itself what ends: ending this one could end another that serves'

/** An instance that has served so long did not break as soon as it was up. */
const provenMs = 5000

/** Moves every instance to where what was seen puts it. Pure. */
export function advance(state: GroupState, sighting: Sighting, limits: LifeLimits): Advanced {
  const { now } = sighting
  const changes: LifecycleChange[] = []
  const members = new Map(state.members)
  const intents = new Map(state.intents)
  let { backoff } = state
  const fail = (): void => {
    backoff = afterFailure(backoff, now, limits.backoff, sighting.random)
  }
  /** One of many launches that comes to nothing, while others come to serve, is no row of failures. */
  const failLaunch = (): void => {
    const isRow = ![...members.values()].some(
      ({ state: at, readyAt }) =>
        isServing(at) && readyAt !== undefined && readyAt > backoff.raisedAt && now - readyAt >= provenMs,
    )
    if (!isRow && now >= backoff.until) backoff = { ...backoff, failures: 0 }
    fail()
  }
  /**
   * One that had come to serve is lost. What was killed is no failed launch: one that had proven itself, and the first of a
   * young group. One that breaks as soon as it is up is, and so is what replaces one that was lost, and is lost young.
   */
  const loseOne = ({ readyAt = 0 }: Member): void => {
    const ageMs = now - readyAt
    const { lastDeathAt } = state.backoff
    const isReplacement = readyAt >= lastDeathAt && readyAt - lastDeathAt <= limits.readyTimeoutMs
    if (ageMs < provenMs || (ageMs < limits.stableMs && isReplacement)) fail()
    backoff = { ...backoff, lastDeathAt: now }
  }
  const move = (member: Member, to: LifecycleState, reason: string, extra: Partial<Member> = {}): void => {
    members.set(member.id, { ...member, state: to, stateSince: now, reason, ...extra })
    changes.push({ instance: member, from: member.state, to, reason })
  }
  /** Where the backend chooses what ends, ending a bad one ends others that serve: it stays a member, out of service. */
  const giveUp = (member: Member, reason: string): void => {
    if (!limits.backendChooses) move(member, 'failed', reason)
    else move(member, 'launching', `${reason}; ${leftToBackend}`, { failedProbes: 0, heldOut: undefined })
  }

  /**
   * Its launch succeeded, and the list does not show it: it may exist all the same. Its token is asked for again, which is
   * the same machine, and takes its room until then.
   */
  const loseSight = (member: Member, unseenCount: number, facts: EndFacts): void => {
    const isDropped = isLiving(member.state) ? undefined : true
    intents.set(member.token, { token: member.token, at: now, askedAt: now, isDropped, unseenCount })
    fail()
    // Once is what a machine looks like that ended at once.
    const isOften = unseenCount > 1
    leave(member, isOften ? 'its launch succeeded, and no list shows it' : goneReason(member, facts))
  }
  const leave = (member: Member, reason: string): void => {
    members.delete(member.id)
    changes.push({ instance: member, from: member.state, to: 'gone', reason })
  }
  const see = (instance: Instance, isListed: boolean): void => {
    const intent = intents.get(instance.token)
    const isOurs = intents.delete(instance.token)
    const member = members.get(instance.id)
    const unlistedCount = isListed ? undefined : (member?.unlistedCount ?? intent?.unseenCount ?? 0)
    if (member !== undefined) {
      // What the backend no longer says is no longer so.
      const unsaid = { statusReason: undefined, impaired: undefined }
      members.set(instance.id, { ...member, ...unsaid, ...instance, ...(isListed && { unlistedCount }) })
      return
    }
    members.set(instance.id, { ...newMember(instance, now), unlistedCount })
    const reason = isOurs ? 'launched' : 'found, and labelled as ours'
    changes.push({ instance, from: undefined, to: 'launching', reason })
  }

  for (const instance of sighting.launched ?? []) see(instance, false)
  if ((sighting.failedLaunchCount ?? 0) > 0) failLaunch()
  for (const id of sighting.terminated ?? []) {
    const member = members.get(id)
    if (member !== undefined) leave(member, member.reason ?? 'terminated')
  }
  for (const { id, reason } of sighting.notTerminated ?? []) {
    const member = members.get(id)
    if (member === undefined) continue
    const attempts = member.attempts + 1
    members.set(id, { ...member, attempts, endError: reason, retryAt: now + retryDelayMs(attempts) })
  }
  if (sighting.listed !== undefined) {
    const seen = new Set(sighting.listed.map(({ id }) => id))
    for (const member of members.values()) {
      if (seen.has(member.id)) continue
      const wasLeaving = member.state === 'terminating' || member.state === 'failed'
      const facts = sighting.endOf?.(member) ?? { isLaunching: false }
      if (
        member.unlistedCount !== undefined &&
        !wasLeaving &&
        facts.launchError === undefined &&
        !facts.isLaunching
      ) {
        loseSight(member, member.unlistedCount + 1, facts)
        continue
      }
      if (member.state === 'launching') fail()
      else if (isServing(member.state)) loseOne(member)
      leave(member, wasLeaving ? (member.reason ?? 'terminated') : goneReason(member, facts))
    }
    for (const instance of sighting.listed) see(instance, true)
    for (const { token, isDropped, askedAt = 0 } of intents.values()) {
      if (isDropped !== true || sighting.open?.has(token) === true) continue
      if (now >= askedAt + limits.lateMs) intents.delete(token)
    }
  }

  for (const member of members.values()) {
    if (limits.backendChooses && member.state === 'failed') {
      giveUp(member, member.reason ?? 'it failed')
      continue
    }
    const broken = brokenReason(member)
    if (broken !== undefined && isLiving(member.state)) {
      // One that is left to its backend is looked at again and again until that has mended it.
      if (member.state === 'launching' && limits.backendChooses) continue
      if (member.state === 'launching') failLaunch()
      else loseOne(member)
      giveUp(member, broken)
      continue
    }
    const probe = sighting.probes.get(member.id)
    if (member.state === 'launching') {
      if (isReadyNow(member, probe, limits)) {
        const to = limits.warmupMs > 0 ? 'warming' : 'in-service'
        move(member, to, limits.hasProbe ? 'it passed its probe' : 'it runs', {
          readyAt: now,
          failedProbes: 0,
        })
      } else if (!limits.backendChooses && now - member.stateSince >= limits.readyTimeoutMs) {
        failLaunch()
        const last = notReadyReason(member, limits, probe ?? sighting.answers?.get(member.id))
        move(member, 'failed', `not ready within ${limits.readyTimeoutMs} ms: ${last}`)
      }
    } else if (member.state === 'warming' && now - member.stateSince >= limits.warmupMs) {
      move(member, 'in-service', 'warmed up')
    }
    const current = members.get(member.id)
    if (current !== undefined && isServing(current.state)) {
      const probed = probe === undefined ? current : withProbe(current, probe)
      members.set(current.id, withPlatform(probed, probe, limits))
    }
  }

  const serving = [...members.values()].filter(({ state: at }) => isServing(at))
  const unhealthy = serving.filter(({ failedProbes }) => failedProbes >= limits.failureThreshold)
  const isBraked = unhealthy.length > Math.max(1, Math.floor(limits.maxUnhealthyRatio * serving.length))
  if (!isBraked && !state.suspended.has('replace')) {
    for (const member of unhealthy) {
      loseOne(member)
      giveUp(member, `${member.failedProbes} probes in a row failed: ${member.reason ?? 'no reason given'}`)
    }
  }

  const proven = serving.some(
    ({ readyAt }) =>
      readyAt !== undefined && readyAt > backoff.lastFailureAt && now - readyAt >= limits.stableMs,
  )
  if (backoff.failures > 0 && proven) backoff = { ...backoff, failures: 0, until: 0 }
  return {
    state: { ...state, members, intents, backoff },
    changes,
    brakedCount: isBraked ? unhealthy.length : 0,
  }
}

/** A machine not seen before. Its time to become ready counts from now: nobody has asked it yet. */
function newMember(instance: Instance, now: number): Member {
  return {
    ...instance,
    state: 'launching',
    stateSince: now,
    isProtected: false,
    failedProbes: 0,
    attempts: 0,
    retryAt: 0,
  }
}

/** States in which a dead machine is news. One that leaves may be dead, and one on standby is its operator's. */
const isLiving = (state: LifecycleState): boolean => state === 'launching' || isServing(state)

export const isServing = (state: LifecycleState): boolean => state === 'warming' || state === 'in-service'

/** Why a machine is beyond serving, as its status says. */
export function brokenReason({ status, statusReason }: Instance): string | undefined {
  switch (status) {
    case 'stopped':
    case 'failed':
      return `it ${status}${statusReason === undefined ? '' : `: ${statusReason}`}`
    case 'stopping':
      return 'somebody else is stopping it'
    case 'pending':
    case 'running':
    case 'paused':
    case 'unknown':
      return undefined
  }
}

function isReadyNow(member: Member, probe: ProbeResult | undefined, limits: LifeLimits): boolean {
  if (impairment(member) !== undefined) return false
  if (limits.needsAddress && member.address === undefined) return false
  return limits.hasProbe ? probe?.healthy === true : member.status === 'running'
}

function withProbe(member: Member, probe: ProbeResult): Member {
  if (probe.healthy) return member.failedProbes === 0 ? member : { ...member, failedProbes: 0 }
  return { ...member, failedProbes: member.failedProbes + 1, reason: probe.reason }
}

/** With what the platform says: out of traffic at once, and back in when it says so no longer and the probe passes. */
function withPlatform(member: Member, probe: ProbeResult | undefined, { hasProbe }: LifeLimits): Member {
  const heldOut = impairment(member)
  if (heldOut !== undefined) return heldOut === member.heldOut ? member : { ...member, heldOut }
  if (member.heldOut === undefined || (hasProbe && probe?.healthy !== true)) return member
  return { ...member, heldOut: undefined, failedProbes: 0 }
}
