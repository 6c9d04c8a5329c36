import * as v from 'valibot'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { text } from '../../options/checks.js'
import type { Policy, PolicyInput, Proposal } from '../policy.js'
import { targetTracking } from '../kubernetes/target-tracking.js'
import { type Decided, decideAdaptively } from './decide-adaptively.js'
import { type Part, partNames } from './parts.js'
import { shiftLearning } from './shift.js'
import { look } from './sight.js'
import { compact, learningFrom } from './state.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `adaptive()`. */
export interface AdaptiveOptions {
  /** CPU of each instance, a ratio of what it may use; default `cpu`. */
  readonly cpu?: string | undefined
  /**
   * What arrives, in whatever unit: of the whole group, or of each instance, which is added up. Default
   * `http.request_rate`, as the balancers call it, where there is such a reading of the group. Without, or `false`, the
   * load is what CPU is used, which hides what a full instance turns away.
   */
  readonly load?: string | false | undefined
  /** Requests that wait, in the unit of `load` times seconds. Default `http.queue`, where there is one of the group. */
  readonly queue?: string | false | undefined
  /**
   * Only says what it would have asked for, beside other policies of a list; default false. To see whole decisions of it,
   * with its damping, give it to the Autoscaler as a `shadow`.
   */
  readonly forecastOnly?: boolean | undefined
  /** Parts to do without, to see what each is worth; default none. */
  readonly without?: readonly Part[] | undefined
}

const defaults = { cpu: 'cpu', load: 'http.request_rate', queue: 'http.queue' } as const

/** Forecasts that must have come due before the first is trusted. */
const trustedFrom = 2
/** A source that has told nothing for so long is taken not to measure it: a proxy whose queue was turned off, say. */
const missedForMs = 3_600_000
/** Until then, every instance is kept half busy. */
const cautiousTarget = 0.5

const schema = v.strictObject({
  cpu: v.optional(text()),
  load: v.optional(v.union([v.literal(false), text()], 'the name of a metric, or false')),
  queue: v.optional(v.union([v.literal(false), text()], 'the name of a metric, or false')),
  forecastOnly: v.optional(v.boolean()),
  without: v.optional(v.array(v.picklist(partNames))),
})

/** A policy that damps itself: the group's behavior should leave it alone. */
export interface AdaptivePolicy extends Policy {
  readonly dampsItself: true
}

/**
 * A count for the load to come, from what it learns by watching: what one instance carries, how long one takes to start,
 * how the load moves, and how far its own forecasts were off.
 *
 * While too few of its forecasts have come due, it tracks half of the CPU, and says so. Its learning is its state.
 *
 * @throws FlotillaError `invalid-options`
 */
export function adaptive(options: AdaptiveOptions = {}): AdaptivePolicy {
  checkOptions('adaptive', schema, options)
  const { cpu = defaults.cpu, load = defaults.load } = options
  const { queue = load === defaults.queue ? false : defaults.queue } = options
  const { forecastOnly = false, without = [] } = options
  /** Named, it must be there; by default, it counts where there is one. */
  const isOptional = { load: options.load === undefined, queue: options.queue === undefined } as const
  const watched = [cpu, load, queue].filter((name) => name !== false)
  const optionalMetrics = [isOptional.load && load, isOptional.queue && queue].filter(
    (name) => name !== false,
  )
  if (load === cpu) throw invalidOption('adaptive', 'load', load, 'another metric than cpu')
  if (queue !== false && (queue === cpu || queue === load)) {
    throw invalidOption('adaptive', 'queue', queue, 'another metric than cpu and load')
  }
  const cautious = targetTracking({ metric: cpu, target: cautiousTarget })
  const omitted: ReadonlySet<Part> = new Set(without)

  const evaluate = (
    input: PolicyInput,
  ): { readonly proposal: Proposal; readonly state: Decided['learning'] } => {
    const { readings, observation, now } = input
    const learning = learningFrom(input.state)
    /** One that nobody named counts where it can be read; where it could until lately, it is missed. */
    const wanted = (of: 'load' | 'queue', name: string | false): string | undefined => {
      if (name === false || !isOptional[of]) return name === false ? undefined : name
      const reading = readings.ofGroup(name)
      const lastRead = learning.lastRead[of === 'load' ? 0 : 1]
      return reading?.kind === 'value' || (reading !== undefined && now - lastRead <= missedForMs)
        ? name
        : undefined
    }
    const seen = { cpu, load: wanted('load', load), queue: wanted('queue', queue) }
    const sight = look(seen, readings, observation, now)
    if (typeof sight === 'string')
      return { proposal: { kind: 'cannot-tell', reason: sight }, state: learning }
    const decided = decideAdaptively(learning, sight, observation, now, omitted)
    const state = compact(decided.learning)
    if (learning.checkedCount >= trustedFrom) return { proposal: decided.proposal, state }
    const { proposal } = cautious.evaluate(input)
    const known = `still learning, ${learning.checkedCount} of ${trustedFrom} forecasts checked`
    return { proposal: { ...proposal, reason: `${known}: ${proposal.reason}` }, state }
  }

  return {
    name: `adaptive(${watched.join(', ')})`,
    metrics: watched.filter((name) => !optionalMetrics.some((optional) => optional === name)),
    optionalMetrics,
    dampsItself: true,
    evaluate(input) {
      const { proposal, state } = evaluate(input)
      return { proposal: forecastOnly ? silenced(proposal) : proposal, state }
    },
    shiftState: (state, byMs) => shiftLearning(learningFrom(state), byMs),
  }
}

function silenced(proposal: Proposal): Proposal {
  if (proposal.kind !== 'count') return proposal
  return { kind: 'no-opinion', reason: `would ask for ${proposal.count}: ${proposal.reason}` }
}

/** How `adaptive` is written in a file. */
export const adaptiveForm: Form = optionsForm('a policy', 'adaptive', adaptive, schema)
