import { type Behavior, type PolicyInput, type Proposal, isReady } from '@flotilla/core'

/** A value that a peer decides from, or why there is none. */
export type Seen =
  | { readonly has: true; readonly value: number }
  | { readonly has: false; readonly proposal: Proposal }

/** Mean over the instances in service, in the metric's own unit. */
export function meanOfInstances(
  { readings, observation }: Pick<PolicyInput, 'readings' | 'observation'>,
  metric: string,
): Seen {
  const byInstance = readings.ofInstances(metric)
  let sum = 0
  let count = 0
  for (const instance of observation.instances) {
    if (!isReady(instance)) continue
    const reading = byInstance.get(instance.id)
    if (reading?.kind !== 'value') continue
    sum += reading.value
    count += 1
  }
  return count === 0 ? unseen(`${metric} has no value`) : seenAs(metric, sum / count)
}

/** The value of the whole group. */
export function ofGroup({ readings }: Pick<PolicyInput, 'readings'>, metric: string): Seen {
  const reading = readings.ofGroup(metric)
  return reading?.kind === 'value' ? seenAs(metric, reading.value) : unseen(`${metric} has no value`)
}

/** More than any group needs, and small enough to reckon with. */
const largest = 1e12

function seenAs(metric: string, value: number): Seen {
  if (!Number.isFinite(value)) return unseen(`${metric} is ${value}, not a number`)
  return { has: true, value: Math.min(largest, Math.max(0, value)) }
}

function unseen(reason: string): Seen {
  return { has: false, proposal: { kind: 'cannot-tell', reason } }
}

/** No windows and no rates: for rules that bring their own damping. */
export const undamped: Behavior = {
  scaleOut: { windowMs: 0, rates: [] },
  scaleIn: { windowMs: 0, rates: [] },
}

/** Nothing but a cooldown after each change. */
export function coolingDown(cooldownMs: number): Behavior {
  return {
    scaleOut: { windowMs: 0, rates: [], cooldownMs },
    scaleIn: { windowMs: 0, rates: [], cooldownMs },
  }
}

/** A number for a reason. */
export function brief(value: number): string {
  return String(Number(value.toPrecision(3)))
}

/** Rounds up, but not for the sake of a binary fraction. */
export function roundUp(value: number): number {
  return Math.ceil(value - 1e-9 * Math.max(1, Math.abs(value)))
}
