import type { Evaluation, Json, Policy, PolicyInput, Proposal, Reading } from '@flotilla/core'

const target = 0.5
const largest = 1_000_000

/**
 * A policy of the test's own, that keeps every promise: as many as keep the metric at 0.5 each, and never fewer than any
 * of its last five counts.
 */
export function samplePolicy(): Policy {
  return { name: 'sample', metrics: ['cpu'], evaluate }
}

function evaluate(input: PolicyInput): Evaluation {
  const proposal = propose(input)
  const before = recentOf(input.state)
  if (proposal.kind !== 'count') return { proposal, state: { recent: before } }
  const recent = [...before, proposal.count].slice(-5)
  const count = Math.max(...recent)
  return {
    proposal: { kind: 'count', count, reason: `${proposal.reason}; the most of the last ${recent.length}` },
    state: { recent },
  }
}

function propose({ readings, observation }: PolicyInput): Proposal {
  const ofGroup = readings.ofGroup('cpu')
  const all = ofGroup === undefined ? [...readings.ofInstances('cpu').values()] : [ofGroup]
  const values = all.map(valueOf).filter((value) => value !== undefined)
  const [lost] = all.filter((reading) => valueOf(reading) === undefined)
  if (values.length === 0) return { kind: 'cannot-tell', reason: `cpu is missing: ${whyLost(lost)}` }
  const mean = values.reduce((sum, value) => sum + value / values.length, 0)
  const count = Math.min(largest, Math.ceil((mean * observation.instances.length) / target))
  if (lost !== undefined && count < observation.desired) {
    return { kind: 'cannot-tell', reason: `not down to ${count} while one is missing: ${whyLost(lost)}` }
  }
  return { kind: 'count', count, reason: `cpu is ${mean}, and ${target} is wanted` }
}

function valueOf(reading: Reading): number | undefined {
  const isUsable = reading.kind === 'value' && Number.isFinite(reading.value) && reading.value >= 0
  return isUsable ? reading.value : undefined
}

function whyLost(lost: Reading | undefined): string {
  if (lost === undefined) return 'no reading at all'
  return lost.kind === 'absent' ? lost.reason : `${lost.value} is no share`
}

function recentOf(state: Json | undefined): readonly number[] {
  return (state as { readonly recent: readonly number[] } | undefined)?.recent ?? []
}
