import type { Address } from '@flotilla/core'
import type { CheckedMember } from '@flotilla/core/authoring'
import type { Connection } from './connection.js'
import type { Drain } from './drain.js'
import type { Member } from './member.js'
import type { MemberSet } from './member-set.js'
import type { WaitingRoom } from './waiting-room.js'

/** Who waits for a member. */
export interface Client {
  /** True once nobody waits for the answer any more. */
  readonly isGone: boolean
  /** Aborts when that happens. */
  goneSignal(): AbortSignal
}

/** A member for one request, with an open connection on which nothing of it was sent yet. */
export interface Lease {
  readonly memberId: string
  readonly target: Readonly<Address>
  readonly connection: Connection
  /** The member has no more to do with the request. May be called twice. */
  end(): void
}

/** Why a request has no member: there is none with room, or those there are take no connection. */
export type Refusal = 'no-member' | 'unreachable'

/** Finds each request a member that can be reached. */
export class Router {
  readonly #members: MemberSet
  readonly #room: WaitingRoom
  readonly #nobody: ReadonlySet<Member> = new Set()

  constructor(members: MemberSet, room: WaitingRoom) {
    this.#members = members
    this.#room = room
  }

  /**
   * A member with a connection to it. One that refuses is left for the next, each at most once: as connecting comes
   * before sending, the request is still whole, whatever its method and body.
   */
  async acquire(client: Client): Promise<Lease | Refusal> {
    const tried = new Set<Member>()
    while (!client.isGone) {
      const member = this.#members.take(tried) ?? (await this.#waitFor(client, tried))
      if (member === undefined) break
      try {
        return this.#lease(member, await member.connect())
      } catch {
        tried.add(member)
        this.#release(member)
      }
    }
    return tried.size === 0 ? 'no-member' : 'unreachable'
  }

  /** Puts a set of members in the place of the one before, and returns the removals that begin with it. */
  replace(wanted: readonly CheckedMember[]): readonly Drain[] {
    const drains = this.#members.replace(wanted)
    this.#admit()
    return drains
  }

  async #waitFor(client: Client, tried: ReadonlySet<Member>): Promise<Member | undefined> {
    return tried.size === 0 ? this.#room.wait(client.goneSignal()) : undefined
  }

  #lease(member: Member, connection: Connection): Lease {
    let isEnded = false
    const end = (): void => {
      if (isEnded) return
      isEnded = true
      this.#release(member)
    }
    return { memberId: member.id, target: { host: member.host, port: member.port }, connection, end }
  }

  #release(member: Member): void {
    member.end()
    this.#admit()
  }

  #admit(): void {
    if (this.#room.length > 0) this.#room.admit(() => this.#members.take(this.#nobody))
  }
}
