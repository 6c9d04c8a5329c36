import { optionsForm, type Form } from '@flotilla/core/authoring'
import { dockerEngineForm } from '@flotilla/docker-engine'
import { swarmService } from './backend.js'
import { swarmServiceSchema } from './options/check-options.js'

/**
 * How what this package makes is written in a configuration file; `@flotilla/config` reads it.
 *
 * @module
 */

/** How what this package exports is written in a configuration file. */
export const forms: readonly Form[] = [
  optionsForm('a backend', 'swarmService', swarmService, swarmServiceSchema),
  dockerEngineForm,
]
