import type { BalancerMember } from '@flotilla/core'
import type { CheckedMember } from '@flotilla/core/authoring'
import { choose, type Algorithm } from './algorithm.js'
import type { Drain } from './drain.js'
import { Member, type MemberSettings } from './member.js'

/** The members in service, and those on their way out. */
export class MemberSet {
  readonly #algorithm: Algorithm
  readonly #settings: MemberSettings
  #inService: readonly Member[] = []
  readonly #draining = new Map<Member, Drain>()

  constructor(algorithm: Algorithm, settings: MemberSettings) {
    this.#algorithm = algorithm
    this.#settings = settings
  }

  /** The member with this id; one in service before one that drains. */
  find(id: string): Member | undefined {
    return [...this.#inService, ...this.#draining.keys()].find((member) => member.id === id)
  }

  /**
   * Counts a request to the next member and returns it; undefined when there is none with room.
   *
   * @param tried - those this request has been to
   */
  take(tried: ReadonlySet<Member>): Member | undefined {
    const nowMs = this.#settings.clock.monotonic()
    const able = this.#inService.filter((member) => member.hasRoom && !tried.has(member))
    const healthy = able.filter((member) => !member.isAvoided(nowMs))
    const member = choose(this.#algorithm, healthy.length > 0 ? healthy : able)
    member?.begin()
    return member
  }

  /** Puts a set in the place of the one before, and returns the removals that begin with it. */
  replace(wanted: readonly CheckedMember[]): readonly Drain[] {
    const known = new Map(
      [...this.#draining.keys(), ...this.#inService].map((member) => [keyOf(member), member]),
    )
    const left = new Set(this.#inService)
    this.#inService = wanted.map((given) => {
      const member = known.get(keyOf(given)) ?? new Member(given, this.#settings)
      member.weight = given.weight
      if (this.#draining.delete(member)) member.readmit()
      left.delete(member)
      return member
    })
    return [...left].map((member) => this.#retire(member))
  }

  /** Breaks every connection there is. */
  cut(): void {
    for (const member of [...this.#inService, ...this.#draining.keys()]) member.cut()
  }

  #retire(member: Member): Drain {
    const drain = member.retire()
    this.#draining.set(member, drain)
    void this.#forgetOnceOver(member, drain)
    return drain
  }

  async #forgetOnceOver(member: Member, drain: Drain): Promise<void> {
    await drain.outcome
    // It may have been brought back and removed again meanwhile.
    if (this.#draining.get(member) === drain) this.#draining.delete(member)
  }
}

/** A member whose address has changed is another member. */
function keyOf({ id, host, port }: Pick<BalancerMember, 'id' | 'host' | 'port'>): string {
  return `${port} ${host} ${id}`
}
