import { KeyedQueue, SharedAnswer, groupBy } from '@flotilla/core/authoring'
import {
  fromDocker,
  type ContainerSummary,
  type EngineEvent,
  type Engine,
  labels,
} from '@flotilla/docker-engine'
import { nameOf } from './container-facts.js'
import { Copies } from './copies.js'
import { asDockerTells, watchedActions } from './container-events.js'
import { SharedEvents } from './shared-events.js'

type ByGroup = ReadonlyMap<string, readonly ContainerSummary[]>

const pingMs = 15_000
const known = new WeakMap<Engine, Containers>()

/** What the groups on one engine share: one list, one stream of events, and the launches under way. */
export class Containers {
  /** Every container of ours, by group, of every scope. */
  readonly list: SharedAnswer<ByGroup>
  readonly events: SharedEvents
  /** By container name: launches of one token follow each other. */
  readonly launches: KeyedQueue = new KeyedQueue()
  /** Names of the containers that are being launched: such a one is not yet what a dead launch left. */
  readonly launching: Set<string> = new Set()
  /** Those of them whose callers still wait: what such a launch takes back, nobody has seen. */
  readonly awaited: Set<string> = new Set()
  /** Ids of containers in which the kernel killed for want of memory; Docker does not always say so itself. */
  readonly outOfMemory: Set<string> = new Set()
  readonly copies: Copies
  readonly #engine: Engine

  /** Those of an engine: the same for every backend on it. */
  static of(engine: Engine): Containers {
    const containers = known.get(engine) ?? new Containers(engine)
    known.set(engine, containers)
    return containers
  }

  private constructor(engine: Engine) {
    const { clock, listMaxAgeMs, target } = engine
    this.#engine = engine
    this.list = new SharedAnswer({
      fetch: async (signal) => this.#list(signal),
      clock,
      maxAgeMs: listMaxAgeMs,
    })
    this.copies = new Copies(async (id, signal) =>
      engine.ask({ what: `look at image ${id}`, signal }, async (docker, call) =>
        docker.inspectImage(id, call),
      ),
    )
    this.events = new SharedEvents({
      open: async ({ signal }) => this.#openEvents(signal),
      ping: async ({ signal }) =>
        engine.ask({ what: 'watch: ping', signal }, async (docker, call) => docker.ping(call)),
      translate: (error) => fromDocker(error, { what: 'watch', target }),
      clock,
      onEvent: (event) => this.#notice(event),
      pingMs,
    })
  }

  async #list(signal: AbortSignal): Promise<ByGroup> {
    const awaitedBefore = new Set(this.awaited)
    const all = await this.#engine.ask({ what: 'list containers', signal }, async (docker, call) =>
      docker.listContainers(labels.group, call),
    )
    // A launch may take back what it has not started, and its caller would think that somebody else had ended it.
    const found = all.filter((container) => {
      const name = nameOf(container)
      return container.State !== 'created' || !(awaitedBefore.has(name) || this.awaited.has(name))
    })
    this.#forgetOthers(new Set(all.map(({ Id }) => Id)))
    return groupBy(found, (container) => container.Labels?.[labels.group] ?? '')
  }

  /** Events may be missed, so a list too says what is gone. */
  #forgetOthers(ids: ReadonlySet<string>): void {
    this.copies.keep(ids)
    for (const id of this.outOfMemory) if (!ids.has(id)) this.outOfMemory.delete(id)
  }

  async #openEvents(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    const engine = this.#engine
    const wanted = { actions: watchedActions, label: labels.group }
    const isPodman = await engine.facts.isPodman(signal)
    const filters = isPodman ? ({ type: 'container' } as const) : ({ type: 'container', ...wanted } as const)
    const events = await engine.ask({ what: 'watch', signal }, async (docker, { signal: bound }) =>
      // The bound is for connecting; the connection lasts as long as somebody listens.
      docker.openEvents(filters, { signal: AbortSignal.any([signal, bound]) }),
    )
    return isPodman ? asDockerTells(events, wanted) : events
  }

  #notice(event: EngineEvent | undefined): void {
    this.list.invalidate()
    if (event?.Action === 'oom') this.outOfMemory.add(event.Actor.ID)
    if (event?.Action === 'destroy') this.outOfMemory.delete(event.Actor.ID)
  }
}
