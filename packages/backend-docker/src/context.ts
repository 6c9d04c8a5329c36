import type { CallOptions, ErrorCode, Instance } from '@flotilla/core'
import { factsOfDetails, type ContainerFacts } from './container-facts.js'
import type { ContainerDetails, DockerApi } from './docker-api.js'
import type { Engine } from './engine.js'
import { secretsOf } from './last-output.js'
import { isNotFound } from '@flotilla/docker-engine'
import type { Label } from './labels.js'
import type { Settings } from './options.js'
import { toInstance } from './to-instance.js'

/** What every call of one backend works with. */
export interface Context {
  readonly engine: Engine
  readonly settings: Settings
  readonly templateHash: string
}

/** One piece of a piece of work: how it is called, and what bounds it. */
export interface Step extends CallOptions {
  readonly what: string
  readonly otherwise?: ErrorCode | undefined
  readonly instanceId?: string | undefined
  readonly timeoutMs?: number | undefined
}

/** A container by id or name; undefined when there is none. */
export async function inspect(
  { engine }: Pick<Context, 'engine'>,
  idOrName: string,
  step: Step,
): Promise<ContainerDetails | undefined> {
  try {
    return await engine.ask(step, async (docker: DockerApi, call) => docker.inspectContainer(idOrName, call))
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** A launch starts what it made within this time: an older container that never started is what a dead one left. */
const newMs = 30_000

/** One container of ours as the model has it. */
export function describe(
  { engine, settings }: Pick<Context, 'engine' | 'settings'>,
  facts: ContainerFacts,
  label: Label,
): Instance {
  const { connection, launching, outOfMemory, clock } = engine
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
