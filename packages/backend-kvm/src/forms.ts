import { optionsForm, type Form } from '@flotilla/core/authoring'
import { kvm } from './backend.js'
import { kvmHost } from './host/open-host.js'
import { hypervisorMetrics, hypervisorMetricsSchema } from './host/hypervisor-metrics.js'
import { kvmSchema } from './options/check-kvm-options.js'
import { hostSchema } from './options/host-options.js'

/**
 * How what this package makes is written in a configuration file; `@flotilla/config` reads it.
 *
 * @module
 */

/** How what this package exports is written in a configuration file. */
export const forms: readonly Form[] = [
  optionsForm('a backend', 'kvm', kvm, kvmSchema),
  optionsForm('a connection', 'kvmHost', kvmHost, hostSchema),
  optionsForm('a metric source', 'hypervisorMetrics', hypervisorMetrics, hypervisorMetricsSchema),
]
