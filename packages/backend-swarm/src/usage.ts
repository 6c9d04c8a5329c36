import type { Instance, Reading } from '@flotilla/core'
import { groupBy } from '@flotilla/core/authoring'
import { absentUsage, UsageReader, type Engine } from '@flotilla/docker-engine'
import type { SwarmContext } from './context.js'
import { viewGroup } from './inventory.js'

/** Where one instance's container is. */
interface Place {
  readonly instance: Instance
  readonly engine: Engine | undefined
  readonly containerId: string | undefined
  readonly host: string | undefined
}

/** Reads what tasks use, from the engines of the nodes that are known: one call of each node's reader for all on it. */
export class SeatUsage {
  readonly #context: SwarmContext
  readonly #readers = new Map<Engine, UsageReader>()

  constructor(context: SwarmContext) {
    this.#context = context
  }

  async of(instances: readonly Instance[], signal: AbortSignal): Promise<readonly Reading[]> {
    const places = await this.#places(instances, signal)
    const byEngine = groupBy(places, ({ engine }) => engine)
    const readings = await Promise.all(
      [...byEngine].map(async ([engine, some]) =>
        engine === undefined
          ? some.flatMap((place) => this.#unknown(place))
          : this.#read(engine, some, signal),
      ),
    )
    return readings.flat()
  }

  async #places(instances: readonly Instance[], signal: AbortSignal): Promise<readonly Place[]> {
    const { manager, nodes } = this.#context
    if (instances.length === 0) return []
    const known = await manager.nodes.get(signal)
    const places: Place[] = []
    for (const [group, some] of groupBy(instances, (instance) => instance.group)) {
      const seats = (await viewGroup(this.#context, group, signal))?.seats ?? []
      for (const instance of some) {
        const task = seats.find(({ token }) => token === instance.token)?.slot?.task
        const host = known.get(task?.NodeID ?? '')?.Description.Hostname
        const containerId = task?.Status.ContainerStatus?.ContainerID || undefined
        const engine = host === undefined || containerId === undefined ? undefined : nodes.get(host)
        places.push({ instance, engine, containerId, host })
      }
    }
    return places
  }

  async #read(engine: Engine, places: readonly Place[], signal: AbortSignal): Promise<readonly Reading[]> {
    const reader = this.#readers.get(engine) ?? newReader(engine)
    this.#readers.set(engine, reader)
    const byContainer = new Map(places.map(({ instance, containerId = '' }) => [containerId, instance.id]))
    const asContainers = places.map(({ instance, containerId = '' }) => ({ ...instance, id: containerId }))
    const readings = await reader.of(asContainers, { signal })
    return readings.map((reading) => ({ ...reading, instanceId: byContainer.get(reading.instanceId ?? '') }))
  }

  #unknown({ instance, containerId, host }: Place): readonly Reading[] {
    const at = this.#context.manager.engine.clock.now()
    const reason =
      containerId === undefined
        ? 'it has no container'
        : `it runs on node ${host ?? 'unknown'}, whose engine is not known here`
    return absentUsage(instance.id, at, reason)
  }
}

function newReader(engine: Engine): UsageReader {
  return new UsageReader({ engine, fromFiles: !engine.isRemote })
}
