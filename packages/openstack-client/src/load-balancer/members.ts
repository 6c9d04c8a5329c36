import { Collection, type Kind } from '../resources/collection.js'
import { snakeCase } from '../resources/snake-case.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import type { Member, MemberChanges, MemberFilter, MemberSpec } from './member.js'

/** The members of one pool. */
export class Members extends Collection<Member, MemberFilter, MemberSpec, MemberChanges> {
  readonly #context: ServiceContext
  readonly #kind: Kind<Member>
  readonly #poolId: string

  constructor(context: ServiceContext, poolId: string, kind: Kind<Member>) {
    super(context, kind)
    this.#context = context
    this.#kind = kind
    this.#poolId = poolId
  }

  /**
   * Replaces the members of the pool by these in one change; address and port identify a member.
   *
   * @throws OpenStackError `conflict` when another change of the load balancer takes longer than the call's bound
   */
  async replaceAll(members: readonly MemberSpec[], options: CallOptions = {}): Promise<void> {
    const named = members.map((member) =>
      Object.fromEntries(
        Object.entries(member).map(([name, value]) => [this.#kind.renamed?.[name] ?? snakeCase(name), value]),
      ),
    )
    await this.#context.calls.request({
      what: `replace the members of pool ${this.#poolId}`,
      method: 'PUT',
      path: this.#kind.path,
      json: { members: named },
      ...options,
    })
  }
}
