import { inParallel, type Instance } from '@flotilla/core'
import { factsOfDetails, factsOfSummary, type ContainerFacts } from './container-facts.js'
import { describe, inspect, type Context } from './context.js'
import type { ContainerDetails, ContainerSummary } from './docker-api.js'
import { isOwned, type Owner } from './labels.js'

/** Looks at single containers at one time. */
const parallelLooks = 8

interface Look {
  /** The state it was looked at in. */
  readonly state: string
  readonly details: ContainerDetails
}

/**
 * The containers of a group, from one list. Only what stopped or was never started is looked at by itself, for why; and
 * only once, for that does not change.
 */
export class Inventory {
  readonly #context: Context
  readonly #looks = new Map<string, Look>()

  constructor(context: Context) {
    this.#context = context
  }

  async of(group: string, signal: AbortSignal): Promise<readonly Instance[]> {
    const { engine, settings } = this.#context
    const owner: Owner = { group, scope: settings.scope }
    const found = (await engine.list.get(signal)).get(group) ?? []
    const facts = await inParallel(found, parallelLooks, async (summary) => this.#facts(summary, signal))
    this.#forgetOthers(group, found)
    return facts.flatMap((known) =>
      known !== undefined && isOwned(known.label, owner) ? [describe(this.#context, known, known.label)] : [],
    )
  }

  /** Undefined when it was removed since the list. */
  async #facts(summary: ContainerSummary, signal: AbortSignal): Promise<ContainerFacts | undefined> {
    const { Id: id, State: state } = summary
    const facts = factsOfSummary(summary)
    if (!needsLook(facts, this.#context.engine.launching)) return facts
    const last = this.#looks.get(id)
    if (last?.state === state && isFinal(state)) return factsOfDetails(last.details)
    const details = await inspect(this.#context, id, {
      what: `list: look at ${facts.name}`,
      signal,
      instanceId: id,
    })
    if (details === undefined) return undefined
    this.#looks.set(id, { state, details })
    return factsOfDetails(details)
  }

  #forgetOthers(group: string, found: readonly ContainerSummary[]): void {
    const there = new Set(found.map(({ Id }) => Id))
    for (const [id, { details }] of this.#looks) {
      const isOfGroup = factsOfDetails(details).label?.group === group
      if (isOfGroup && !there.has(id)) this.#looks.delete(id)
    }
  }
}

function needsLook({ state, name }: ContainerFacts, launching: ReadonlySet<string>): boolean {
  switch (state) {
    case 'created':
      return !launching.has(name)
    case 'exited':
    case 'dead':
    case 'restarting':
      return true
    default:
      return false
  }
}

/** Only Docker's own restarts go on by themselves. */
const isFinal = (state: string): boolean => state !== 'restarting'
