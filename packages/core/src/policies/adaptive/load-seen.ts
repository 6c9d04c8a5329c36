import type { Sight } from './sight.js'

/** More is no load of any group. */
export const mostLoad = 1e6

/** CPU from which an instance may be turning work away, which no CPU can show. */
const hidingCpu = 0.9
/** At a CPU of 1, this much is taken to be hidden; the next look will tell. */
const mostHidden = 0.5

/** The load in instances working flat out: what arrives, or else the CPU that is used. */
export function loadOf(
  { load, cpu, servingCount }: Sight,
  perInstance: number,
): { readonly load: number; readonly hiddenShare: number } {
  if (load !== undefined && perInstance > 0) {
    return { load: Math.min(mostLoad, load / perInstance), hiddenShare: 0 }
  }
  const hiddenShare = mostHidden * Math.min(1, Math.max(0, (cpu - hidingCpu) / (1 - hidingCpu)))
  return { load: Math.min(mostLoad, cpu * servingCount * (1 + hiddenShare)), hiddenShare }
}
