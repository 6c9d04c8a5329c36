import { optionsForm, type Form } from '@flotilla/core/authoring'
import { processes } from './backend.js'
import { processesSchema } from './options/settings.js'

/**
 * How what this package makes is written in a configuration file; `@flotilla/config` reads it.
 *
 * @module
 */

/** How what this package exports is written in a configuration file. */
export const forms: readonly Form[] = [optionsForm('a backend', 'processes', processes, processesSchema)]
