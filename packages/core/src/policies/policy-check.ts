import type * as v from 'valibot'
import { having } from '../checks.js'
import type { Policy } from './policy.js'

/** What a policy given as an option must look like. */
export const policySchema: v.GenericSchema<Policy> = having<Policy>('a policy', 'evaluate')
