import type { Instance } from '@flotilla/core'
import { factsOfDetails, type ContainerFacts } from './engine/container-facts.js'
import type { Containers } from './engine/containers.js'
import type { ContainerDetails, Engine } from '@flotilla/docker-engine'
import type { Label } from './labels.js'
import { secretsOf, type Settings } from './options/settings.js'
import { toInstance } from './to-instance.js'

/** What every call of one backend works with. */
export interface Context {
  readonly engine: Engine
  readonly containers: Containers
  readonly settings: Settings
  readonly templateHash: string
}

/** A launch starts what it made within this time: an older container that never started is what a dead one left. */
const newMs = 30_000

/** One container of ours as the model has it. */
export function describe(
  { engine, containers, settings }: Context,
  facts: ContainerFacts,
  label: Label,
): Instance {
  const { connection, clock } = engine
  const { launching, outOfMemory } = containers
  const { template, zone } = settings
  const own = {
    isLaunching: launching.has(facts.name),
    // Either way, for the engine's clock may be another.
    isNew: Math.abs(clock.now() - facts.createdAt) < newMs,
    wasOutOfMemory: outOfMemory.has(facts.id),
    secrets: secretsOf(settings),
  }
  return toInstance(facts, label, { template, connection, zone, own })
}

export function describeDetails(context: Context, details: ContainerDetails, label: Label): Instance {
  return describe(context, factsOfDetails(details), label)
}
