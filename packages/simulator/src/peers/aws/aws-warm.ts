import { type Observation, isCapacity, isReady } from '@flotilla/core'

/** AWS falls back to its default cooldown when no warm-up is given. */
export const defaultWarmupMs = 300_000

/** How many have served longer than the warm-up, and whether any has not. */
export function warmOf(
  { instances, at }: Observation,
  warmupMs: number,
): { readonly warmCount: number; readonly isWarming: boolean } {
  let warmCount = 0
  let capacityCount = 0
  for (const instance of instances) {
    if (!isCapacity(instance)) continue
    capacityCount += 1
    if (isReady(instance) && at - (instance.readyAt ?? at) >= warmupMs) warmCount += 1
  }
  return { warmCount, isWarming: warmCount < capacityCount }
}
