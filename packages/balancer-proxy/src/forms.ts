import { optionsForm, type Form } from '@flotilla/core/authoring'
import { proxy } from './proxy.js'
import { proxySchema } from './options.js'

/**
 * How what this package makes is written in a configuration file; `@flotilla/config` reads it.
 *
 * @module
 */

/** How what this package exports is written in a configuration file. */
export const forms: readonly Form[] = [optionsForm('a balancer', 'proxy', proxy, proxySchema)]
