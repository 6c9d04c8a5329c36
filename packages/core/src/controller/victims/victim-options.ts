import { invalidOption } from '../../options/check-options.js'
import type { Metrics } from '../../metrics/metrics.js'
import type { VictimPolicy } from './victim-policy.js'

/**
 * The termination policies as they are applied, checked for what a schema cannot say.
 *
 * @throws FlotillaError `invalid-options` for one that could never be asked, or that has nothing to compare
 */
export function checkVictims(
  victims: readonly VictimPolicy[],
  busyMetric: string,
  sources: readonly Metrics[],
): readonly VictimPolicy[] {
  const place = victims.indexOf('default')
  if (place >= 0 && place < victims.length - 1) {
    throw invalidOption(
      'Autoscaler',
      'victims',
      victims,
      'a list with default at its end: nothing follows it',
    )
  }
  if (new Set(victims).size < victims.length) {
    throw invalidOption('Autoscaler', 'victims', victims, 'a list that names each only once')
  }
  if (!victims.includes('least-busy')) return victims
  const known = sources
    .flatMap(({ provides }) => provides)
    .filter((info) => info.of === 'instance')
    .map((info) => info.name)
  if (!known.includes(busyMetric)) {
    const choice = known.length === 0 ? 'there is none' : known.join(', ')
    throw invalidOption(
      'Autoscaler',
      'busyMetric',
      busyMetric,
      `a metric of each instance, for least-busy to compare: ${choice}`,
    )
  }
  return victims
}
