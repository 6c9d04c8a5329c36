import type { Json, Policy } from '@flotilla/core'
import { ReadingSet } from '@flotilla/core/authoring'
import { trackedInstances } from '@flotilla/core/testing'
import type { Contender } from '../../src/index.js'

export const minuteMs = 60_000

/** What a peer sees at one tick. */
export interface Tick {
  readonly cpu?: number
  readonly rate?: number
  readonly current: number
  readonly now: number
}

export function policyOf({ policy }: Contender): Policy {
  if ('evaluate' in policy) return policy
  throw new Error('a contender with one policy was expected')
}

/** The counts that a peer proposes for one tick after another, its state carried along as stored JSON. */
export function proposed(contender: Contender, ticks: readonly Tick[]): (number | string)[] {
  const policy = policyOf(contender)
  let state: Json | undefined
  return ticks.map(({ cpu, rate, current, now }) => {
    const instances = trackedInstances(current, {
      state: 'in-service',
      readyAt: 0,
      stateSince: 0,
      createdAt: 0,
    })
    const base = { at: now, kind: 'value' } as const
    const readings = new ReadingSet([
      ...(rate === undefined
        ? []
        : [{ ...base, name: 'http.request_rate', unit: 'per-second', value: rate } as const]),
      ...(cpu === undefined
        ? []
        : instances.map(
            ({ id }) => ({ ...base, name: 'cpu', unit: 'ratio', instanceId: id, value: cpu }) as const,
          )),
    ])
    const evaluation = policy.evaluate({
      readings,
      observation: { group: 'g', at: now, desired: current, instances },
      now,
      state,
    })
    state =
      evaluation.state === undefined ? undefined : (JSON.parse(JSON.stringify(evaluation.state)) as Json)
    return evaluation.proposal.kind === 'count' ? evaluation.proposal.count : evaluation.proposal.kind
  })
}
