export { groupMetrics, type GroupMetrics, type GroupMetricsOptions, type Observed } from './group-metrics.js'
