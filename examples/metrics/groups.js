// #region imports
import { readdir } from 'node:fs/promises'
import { customMetric, hostMetrics, httpJson, prometheus, targetTracking } from '@flotilla/core'
import { proxy } from '@flotilla/balancer-proxy'

/** Each is a part of the options of `new Autoscaler`. */
// #endregion

// #region usage
export const byCpu = {
  // An instance's own CPU, of its own limit: half of it is 0.5.
  policy: targetTracking({ metric: 'cpu', target: 0.5 }),
}
// #endregion

// #region balancer
export const byRequests = {
  balancer: proxy({ port: 8080 }),
  // What the balancer counts, it gives without being named under `metrics`. 50 requests per second for each instance.
  policy: targetTracking({ metric: 'http.request_rate', target: 50 }),
}
// #endregion

// #region host
export const byHost = {
  metrics: [hostMetrics()],
  // A value of the whole host, which does not fall with the number of instances: `value`, and not the default `average`.
  policy: targetTracking({ metric: 'host.cpu', target: 0.7, type: 'value' }),
}
// #endregion

// #region prometheus
export const byLatency = {
  metrics: [
    prometheus({
      url: 'http://127.0.0.1:9090',
      query: 'histogram_quantile(0.95, sum by (le) (rate(http_seconds_bucket{job="web"}[1m])))',
      name: 'latency_p95',
      unit: 'seconds',
    }),
  ],
  policy: targetTracking({ metric: 'latency_p95', target: 0.25, type: 'value' }),
}
// #endregion

// #region prometheus-instances
export const byHeap = {
  metrics: [
    prometheus({
      url: 'http://127.0.0.1:9090',
      query: 'sum by (instance) (nodejs_heap_size_used_bytes / nodejs_heap_size_total_bytes)',
      name: 'heap',
      unit: 'ratio',
      // One series for each instance: its label `instance` is the instance's id, name, `host:port` or host.
      of: 'instance',
    }),
  ],
  policy: targetTracking({ metric: 'heap', target: 0.7 }),
}
// #endregion

// #region http-json
export const byQueue = {
  metrics: [
    // {"queues": {"mail": {"waiting": 120}}}
    httpJson({
      url: 'http://127.0.0.1:8161/stats',
      pointer: '/queues/mail/waiting',
      name: 'mail.waiting',
      unit: 'count',
    }),
  ],
  // 30 mails for each instance.
  policy: targetTracking({ metric: 'mail.waiting', target: 30 }),
}
// #endregion

// #region http-json-instances
export const byWorkers = {
  metrics: [
    // Each instance is asked at its own address: GET /stats answers {"busy": 3, "threads": 4, "load": 0.75}.
    httpJson({ of: 'instance', path: '/stats', pointer: '/load', name: 'threads.busy', unit: 'ratio' }),
  ],
  policy: targetTracking({ metric: 'threads.busy', target: 0.6 }),
}
// #endregion

// #region custom
export const byFiles = {
  metrics: [
    customMetric({
      name: 'files.waiting',
      unit: 'count',
      read: async () => (await readdir('/var/spool/scans')).length,
    }),
  ],
  policy: targetTracking({ metric: 'files.waiting', target: 10 }),
}
// #endregion

// #region custom-instances
/** @type {Map<string, number>} Jobs in work by instance id, kept by whoever hands them out. */
export const jobsOf = new Map()

export const byJobs = {
  metrics: [
    // An instance that is not in the map has no value now: that is not 0.
    customMetric({ name: 'jobs', unit: 'count', of: 'instance', read: () => jobsOf }),
  ],
  policy: targetTracking({ metric: 'jobs', target: 4 }),
}
// #endregion

// #region missing
export const byQueueThatMayBeSilent = {
  metrics: [
    httpJson({
      url: 'http://127.0.0.1:8161/stats',
      pointer: '/queues/mail/waiting',
      name: 'mail.waiting',
      unit: 'count',
      // For two minutes the last value stands in; after that nothing shrinks until there is a new one.
      whenMissing: { kind: 'last', maxAgeMs: 120_000 },
    }),
  ],
  policy: targetTracking({ metric: 'mail.waiting', target: 30 }),
}
// #endregion
