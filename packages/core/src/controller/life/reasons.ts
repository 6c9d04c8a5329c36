import type { ProbeResult } from '../../probes/probe.js'
import type { LifeLimits } from './life-limits.js'
import type { Member } from './group-state.js'
import { impairment } from './platform-health.js'

type ReadyRules = Pick<LifeLimits, 'hasProbe' | 'needsAddress'>

/** What one that is not in service yet waits for, in words: what the platform, the network or its own service last said. */
export function notReadyReason(member: Member, rules: ReadyRules, answer: ProbeResult | undefined): string {
  const impaired = impairment(member)
  if (impaired !== undefined) return impaired
  const { status, statusReason, address } = member
  if (status === 'pending') return statusReason ?? 'it is still being made or boots'
  if (rules.needsAddress && address === undefined) return statusReason ?? 'it has no address yet'
  if (!rules.hasProbe) return statusReason ?? `it is ${status}`
  if (answer?.healthy === false) return answer.reason
  return 'its probe has not answered yet'
}

/** What is known of the end of one that its backend no longer lists, and that nobody here has ended. */
export interface EndFacts {
  /** What its backend told of it last, as it happened. */
  readonly told?: string | undefined
  /** What its launch came back with. */
  readonly launchError?: string | undefined
  /** Its launch has not ended yet. */
  readonly isLaunching: boolean
}

/**
 * Why one is gone, and no more than is known: a launch that failed cleans up behind itself, and is not somebody else's
 * deed.
 */
export function goneReason({ state }: Member, { told, launchError, isLaunching }: EndFacts): string {
  if (launchError !== undefined) return `its launch failed, and what was made is gone: ${launchError}`
  if (isLaunching) return 'it is gone while its launch is under way: the launch cleans up behind itself'
  const when = state === 'draining' ? 'it is gone before its drain was over' : 'it is gone'
  return told === undefined ? `${when}: nobody here ended it` : `${when}: ${told}`
}

/** Why nothing that was said against an instance matters any more; undefined while it serves or may come to. */
export function fateOf(member: Member | undefined): string | undefined {
  if (member === undefined) return 'it is gone'
  const { state, reason } = member
  switch (state) {
    case 'launching':
    case 'warming':
    case 'in-service':
      return undefined
    case 'failed':
    case 'draining':
    case 'terminating':
      return `it is ${state}${reason === undefined ? '' : `: ${reason}`}`
    case 'standby':
    case 'warm':
      return `it is on ${state}`
  }
}

/** Why an instance is not simply serving, for `status()`; undefined when it is. */
export function noteOf(
  member: Member,
  rules: ReadyRules,
  answer: ProbeResult | undefined,
): string | undefined {
  const { state, failedProbes, reason, attempts, endError, heldOut } = member
  switch (state) {
    case 'launching':
      return `not ready: ${notReadyReason(member, rules, answer)}`
    case 'warming':
    case 'in-service':
      if (heldOut !== undefined) return heldOut
      return failedProbes === 0
        ? undefined
        : `${failedProbes} probes in a row failed: ${reason ?? 'no answer'}`
    case 'terminating':
    case 'failed':
      return attempts > 0 && endError !== undefined
        ? `${reason ?? state}; not ended yet: ${endError}`
        : reason
    case 'draining':
      return reason
    case 'standby':
    case 'warm':
      return undefined
  }
}
