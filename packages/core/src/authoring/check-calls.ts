import * as v from 'valibot'
import type { LaunchRequest } from '../backend.js'
import { checkOptions } from '../options/check-options.js'
import { name } from '../options/checks.js'

const groupSchema = v.object({ group: name() })
const launchSchema = v.object({ group: name(), token: name() })

/**
 * Checks the group that a call of a backend names.
 *
 * @param call - for the error: `list`, `terminate`, `watch`
 * @throws FlotillaError `invalid-options`
 */
export function checkGroup(call: string, group: string): void {
  checkOptions(call, groupSchema, { group })
}

/**
 * Checks what `launch` was asked for, and gives it as a copy.
 *
 * @throws FlotillaError `invalid-options`
 */
export function checkLaunch(request: LaunchRequest): LaunchRequest {
  return checkOptions('launch', launchSchema, request)
}
