// #region group
import { Autoscaler, backlog, httpProbe } from '@flotilla/core'

/**
 * The program's group, without what it runs on: `main.js` gives it Docker and Redis, a test gives it fakes.
 *
 * @param {Pick<import('@flotilla/core').AutoscalerOptions, 'backend' | 'balancer' | 'metrics' | 'probe' | 'clock' | 'logger'>} parts
 */
export function mailers(parts) {
  return new Autoscaler({
    group: 'mailers',
    min: 1,
    max: 6,
    intervalMs: 10_000,
    probe: httpProbe('/health'),
    policy: backlog({ metric: 'mail.waiting', perInstance: 20 }),
    behavior: { scaleIn: { windowMs: 60_000 } },
    ...parts,
  })
}
// #endregion
