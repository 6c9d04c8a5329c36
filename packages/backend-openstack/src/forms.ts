import { optionsForm, type Form } from '@flotilla/core/authoring'
import { openstack } from './backend.js'
import { cloudOptionsSchema } from './connection/cloud-options.js'
import { openstackCloud } from './connection/connection.js'
import { octavia } from './octavia/octavia.js'
import { octaviaSchema } from './octavia/options.js'
import { openstackSchema } from './options/check-options.js'
import { projectLimitsForm } from './room/project-limits.js'

/**
 * How what this package makes is written in a configuration file; `@flotilla/config` reads it.
 *
 * @module
 */

/** How what this package exports is written in a configuration file. */
export const forms: readonly Form[] = [
  optionsForm('a backend', 'openstack', openstack, openstackSchema),
  optionsForm('a connection', 'openstackCloud', openstackCloud, cloudOptionsSchema),
  optionsForm('a balancer', 'octavia', octavia, octaviaSchema),
  projectLimitsForm,
]
