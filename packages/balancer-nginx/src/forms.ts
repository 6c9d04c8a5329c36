import { optionsForm, type Form } from '@flotilla/core/authoring'
import { nginx } from './nginx.js'
import { nginxSchema } from './options.js'

/**
 * How what this package makes is written in a configuration file; `@flotilla/config` reads it.
 *
 * @module
 */

/** How what this package exports is written in a configuration file. */
export const forms: readonly Form[] = [optionsForm('a balancer', 'nginx', nginx, nginxSchema)]
