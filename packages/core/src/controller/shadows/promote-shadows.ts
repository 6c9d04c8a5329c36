import type { Policy } from '../../policies/policy.js'
import { storedParts } from '../../policies/kit/stored-state.js'
import type { GroupState } from '../life/group-state.js'

/**
 * The state of a group whose active policies may have been shadows the last time: one that has no memory of its own takes
 * over what a shadow of the same name, which says its metrics too, has learnt.
 */
export function promoteShadows(state: GroupState, policies: readonly Policy[]): GroupState {
  const { decision, shadows } = state
  if (decision === undefined || shadows.size === 0) return state
  const learnt = [...shadows.values()]
    .flatMap((shadow) => storedParts(shadow.policies))
    .flatMap((part) => (part === undefined ? [] : [part]))
  const own = storedParts(decision.policies)
  const parts = policies.map(({ name }, index) => {
    const part = own[index]
    if (part?.policy === name) return part
    return learnt.find(({ policy }) => policy === name) ?? { policy: name }
  })
  return { ...state, decision: { ...decision, policies: parts.map((part) => ({ ...part })) } }
}
