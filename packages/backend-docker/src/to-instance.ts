import type { Instance } from '@flotilla/core'
import type { Connection } from '@flotilla/docker-engine'
import type { ContainerFacts } from './engine/container-facts.js'
import { statusOf, type OwnFacts } from './status.js'
import { findAddress } from './instance-address.js'
import type { Label } from './labels.js'
import type { Template } from './options/settings.js'

/** What an instance's description depends on, beside its container. */
export interface Surroundings {
  readonly template: Pick<Template, 'port' | 'network' | 'address' | 'publishOn'>
  readonly connection: Connection
  readonly zone: string | undefined
  readonly own: OwnFacts
}

/** One container of ours as the model has it. */
export function toInstance(facts: ContainerFacts, label: Label, surroundings: Surroundings): Instance {
  const { status, statusReason, impaired } = statusOf(facts, surroundings.own)
  // The address of what does not run may be a stranger's by now.
  const hasAddress = status === 'running' || status === 'paused'
  const { address, missing } = hasAddress ? findAddress(facts, surroundings) : {}
  const reason = statusReason ?? missing
  return {
    id: facts.id,
    group: label.group,
    token: label.token,
    name: facts.name,
    status,
    ...(reason === undefined ? {} : { statusReason: reason }),
    ...(impaired === undefined ? {} : { impaired }),
    ...(address === undefined ? {} : { address }),
    createdAt: facts.createdAt,
    ...(surroundings.zone === undefined ? {} : { zone: surroundings.zone }),
    ...(label.templateHash === undefined ? {} : { templateHash: label.templateHash }),
  }
}
