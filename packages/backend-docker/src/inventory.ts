import type { BackendProblem, Instance } from '@flotilla/core'
import { inParallel, ProblemBook } from '@flotilla/core/authoring'
import { factsOfDetails, factsOfSummary, type ContainerFacts } from './engine/container-facts.js'
import { describe, type Context } from './context.js'
import type { ContainerDetails, ContainerSummary } from '@flotilla/docker-engine'
import { containerName, isOwned, type Label, type Owner } from './labels.js'

/** Looks at single containers at one time. */
const parallelLooks = 8

interface Look {
  /** The state it was looked at in. */
  readonly state: string
  readonly details: ContainerDetails
}

/**
 * The containers of a group, from one list. Only what stopped, was never started or fails its HEALTHCHECK is looked at by
 * itself, for why; what stopped only once, for that does not change.
 */
export class Inventory {
  readonly #context: Context
  readonly #looks = new Map<string, Look>()
  /** Containers that carry a group's labels, and may be somebody else's. */
  readonly #doubtful = new ProblemBook()

  constructor(context: Context) {
    this.#context = context
  }

  async of(group: string, signal: AbortSignal): Promise<readonly Instance[]> {
    const { containers, settings } = this.#context
    const owner: Owner = { group, scope: settings.scope }
    const found = (await containers.list.get(signal)).get(group) ?? []
    const facts = await inParallel(found, parallelLooks, async (summary) => this.#facts(summary, signal))
    this.#forgetOthers(group, found)
    const problems: BackendProblem[] = []
    const instances = await inParallel(facts, parallelLooks, async (known) => {
      if (known === undefined || !isOwned(known.label, owner)) return []
      const origin = await containers.copies.originOf(known, known.label, signal)
      if (origin === 'unknown') problems.push(doubt(known, known.label))
      return origin === 'own' ? [describe(this.#context, known, known.label)] : []
    })
    this.#doubtful.set(group, 'containers', problems)
    return instances.flat()
  }

  /** Containers that the last list left out, because nobody could tell whose they are. */
  problems(group: string): readonly BackendProblem[] {
    return this.#doubtful.of(group)
  }

  /** Undefined when it was removed since the list. */
  async #facts(summary: ContainerSummary, signal: AbortSignal): Promise<ContainerFacts | undefined> {
    const { Id: id, State: state } = summary
    const facts = factsOfSummary(summary)
    if (!needsLook(facts, this.#context.containers.launching)) return facts
    const last = this.#looks.get(id)
    if (last?.state === state && isFinal(state)) return factsOfDetails(last.details)
    const details = await this.#context.engine.inspect(id, {
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

function doubt({ name, id }: ContainerFacts, { group, token }: Label): BackendProblem {
  const known = containerName(group, token)
  return {
    about: `container ${name}`,
    message: `container ${name} (${id.slice(0, 12)}) carries the labels of instance ${known} under another name, and its image cannot be asked whether it is a copy that docker commit made; it is left alone: docker rename ${name} ${known} if it is the instance, or let the image be read`,
  }
}

function needsLook({ state, name, health }: ContainerFacts, launching: ReadonlySet<string>): boolean {
  switch (state) {
    case 'created':
      return !launching.has(name)
    case 'exited':
    case 'dead':
    case 'restarting':
      return true
    case 'running':
      return health?.state === 'unhealthy'
    default:
      return false
  }
}

/** What is said of it then does not change any more. */
const isFinal = (state: string): boolean => state === 'exited' || state === 'dead'
