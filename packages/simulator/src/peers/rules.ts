import { threshold } from '@flotilla/core'
import type { Contender } from '../replay/contender.js'
import { coolingDown, undamped } from './seen.js'

/** One more above 70 % CPU, one fewer under 30 %, then five minutes' rest: the rule of many a handbook. */
export function thresholdRule(): Contender {
  return {
    name: 'threshold + cooldown',
    policy: threshold({ metric: 'cpu', above: 0.7, below: 0.3 }),
    behavior: coolingDown(300_000),
    source: 'one step above 70 %, one below 30 %, cooldown 300 s',
  }
}

/** Three shell loops as people run them. They are evaluated at the replay's interval, not at their own 3 to 8 s. */
export const loops: Readonly<Record<'kvmHost' | 'docker' | 'kvmGuest', () => Contender>> = {
  /** A private cloud on KVM: one more machine above 50 % CPU, five at most, never fewer. */
  kvmHost: () => ({
    name: 'loop: KVM host',
    policy: threshold({ metric: 'cpu', above: 0.5 }),
    behavior: undamped,
    max: 5,
    source: 'one more above 50 %, at most 5, never fewer',
  }),
  /** Containers by `docker stats`: one more above 20 %, one fewer under 5 %, five at most, then 15 s rest. */
  docker: () => ({
    name: 'loop: docker stats',
    policy: threshold({ metric: 'cpu', above: 0.2, below: 0.05 }),
    behavior: coolingDown(15_000),
    max: 5,
    source: 'one more above 20 %, one fewer under 5 %, at most 5, cooldown 15 s',
  }),
  /** Guests by `virsh domstats`: one more above 70 %, one fewer under 30 %, five at most. */
  kvmGuest: () => ({
    name: 'loop: KVM guests',
    policy: threshold({ metric: 'cpu', above: 0.7, below: 0.3 }),
    behavior: undamped,
    max: 5,
    source: 'one more above 70 %, one fewer under 30 %, at most 5',
  }),
}
