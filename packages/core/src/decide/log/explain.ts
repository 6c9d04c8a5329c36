import type { PolicyTrace, Proposal } from '../../policies/policy.js'
import { brief } from '../../policies/kit/read.js'
import type {
  Aftermath,
  DecisionStep,
  DecisionTrace,
  MetricSummary,
  ShadowTrace,
  StepName,
} from '../trace.js'

/**
 * A decision in words, one fact a line: the verdict, what was read, what each policy wanted, what each step made of it,
 * what shadows would have decided, and what happened then.
 *
 * @param aftermath - what became of it, where that is known
 */
export function explain(trace: DecisionTrace, aftermath: readonly Aftermath[] = []): string {
  return [
    ...verdict(trace),
    ...section('Read', trace.metrics.map(metricText)),
    ...section(
      'Wanted',
      trace.policies.flatMap((policy) => policyLines(policy, 0)),
    ),
    ...section('Decided', trace.steps.map(stepText)),
    ...section('Noted', trace.notes),
    ...section('Shadows', (trace.shadows ?? []).map(shadowText)),
    ...section(
      'Then',
      aftermath.map(({ at, what }) => `${timeText(at)}: ${what}`),
    ),
  ].join('\n')
}

function verdict(trace: DecisionTrace): readonly string[] {
  const { group, at, current, desired, reason, limitedBy } = trace
  const isDry = trace.isDryRun === true
  const goes = isDry ? 'would go' : 'goes'
  const stays = isDry ? 'would stay' : 'stays'
  const moved = desired === current ? `${stays} at ${current}` : `${goes} from ${current} to ${desired}`
  const dry = isDry ? ['This is a dry run: nothing is done.'] : []
  const held = limitedBy === undefined ? [] : [`Held back by ${heldBy[limitedBy]}${wantedText(trace)}.`]
  return [`${timeText(at)}: ${group} ${moved}.`, `Because: ${reason}`, ...held, ...dry]
}

const heldBy: Readonly<Record<StepName, string>> = {
  bounds: 'its bounds',
  combine: 'missing data',
  stabilise: 'the stabilisation window',
  'rate-limit': 'the rate rules or a cooldown',
  clamp: 'its min or max',
  paused: 'a pause of scaling',
}

/** What the policies wanted, where they wanted something else. */
function wantedText({ steps, desired }: DecisionTrace): string {
  const wanted = steps.find(({ step }) => step === 'combine')?.gave
  return wanted === undefined || wanted === desired ? '' : `: the policies wanted ${wanted}`
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)]
}

function metricText(metric: MetricSummary): string {
  const { name, unit, presentCount, absentCount, mean, lowest, highest, absentReason } = metric
  const missing =
    absentCount === 0
      ? ''
      : `${presentCount === 0 ? '' : '; '}${absentCount} missing (${absentReason ?? 'no reason given'})`
  if (mean === undefined || lowest === undefined || highest === undefined) return `${name}: ${missing}`
  const value = unit === 'none' ? brief(mean) : `${brief(mean)} ${unit}`
  if (presentCount === 1) return `${name}: ${value}${missing}`
  const spread = lowest === highest ? '' : `, from ${brief(lowest)} to ${brief(highest)}`
  return `${name}: ${value} on average over ${presentCount}${spread}${missing}`
}

function policyLines({ policy, proposal, parts = [] }: PolicyTrace, depth: number): readonly string[] {
  const own = `${'  '.repeat(depth)}${policy} ${proposalText(proposal)}`
  return [own, ...parts.flatMap((part) => policyLines(part, depth + 1))]
}

function proposalText(proposal: Proposal): string {
  switch (proposal.kind) {
    case 'count':
      return `wants ${proposal.count}: ${proposal.reason}`
    case 'no-opinion':
      return `has no opinion: ${proposal.reason}`
    case 'cannot-tell':
      return `cannot tell: ${proposal.reason}`
  }
}

function stepText({ step, got, gave, why }: DecisionStep): string {
  return got === gave ? `${step}: ${gave}, ${why}` : `${step}: ${got} to ${gave}, ${why}`
}

function shadowText({ name, desired, outcome, reason }: ShadowTrace): string {
  return `${name} would ${outcome === 'hold' ? 'stay at' : 'go to'} ${desired}: ${reason}`
}

const timeText = (at: number): string => {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? `${at}` : date.toISOString()
}
