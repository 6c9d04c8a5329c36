import type { Member } from './member.js'

/** How the next member is chosen. */
export type Algorithm = 'round-robin' | 'least-connections'

/** The one of these members that is next; undefined when there are none. */
export function choose(algorithm: Algorithm, members: readonly Member[]): Member | undefined {
  return roundRobin(algorithm === 'round-robin' ? members : leastBusy(members))
}

/**
 * Each member in its share, and spread evenly: with weights 3 and 1, a a b a.
 *
 * @see https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1 (smooth weighted round robin)
 */
function roundRobin(members: readonly Member[]): Member | undefined {
  let chosen: Member | undefined
  let total = 0
  for (const member of members) {
    member.turn += member.weight
    total += member.weight
    if (chosen === undefined || member.turn > chosen.turn) chosen = member
  }
  if (chosen !== undefined) chosen.turn -= total
  return chosen
}

/** Those with the fewest requests in flight for their weight: often several, and then it is the round robin's turn. */
function leastBusy(members: readonly Member[]): readonly Member[] {
  const least = Math.min(...members.map(load))
  return members.filter((member) => load(member) === least)
}

function load({ inFlightCount, weight }: Member): number {
  return inFlightCount / weight
}
