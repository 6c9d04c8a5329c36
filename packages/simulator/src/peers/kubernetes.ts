import { targetTracking } from '@flotilla/core'
import type { Contender } from '../replay/contender.js'

/** Options of a Horizontal Pod Autoscaler. */
export interface HpaOptions {
  /** Share of an instance's CPU, 0.5 for half. */
  readonly target: number
}

/**
 * Kubernetes' Horizontal Pod Autoscaler on CPU, with its default behavior: core's `targetTracking` is its ratio rule.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
 */
export function hpa({ target }: HpaOptions): Contender {
  return {
    name: `HPA cpu ${Math.round(target * 100)} %`,
    policy: targetTracking({ metric: 'cpu', target }),
    source: 'Kubernetes HPA v2, default behavior',
  }
}

/** Options of a KEDA ScaledObject. */
export interface KedaOptions {
  /** Requests per second that one instance should have. */
  readonly perInstance: number
}

/**
 * KEDA's scaling phase with a request-rate trigger of type AverageValue, which is HPA's. With at least one instance its
 * activation phase has nothing to do.
 *
 * @see https://keda.sh/docs/latest/concepts/scaling-deployments/
 */
export function keda({ perInstance }: KedaOptions): Contender {
  return {
    name: `KEDA ${Number(perInstance.toPrecision(3))} req/s`,
    policy: targetTracking({ metric: 'http.request_rate', target: perInstance, type: 'average' }),
    source: 'KEDA AverageValue trigger, default HPA behavior',
  }
}
