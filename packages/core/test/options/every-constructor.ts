import * as core from '../../src/index.js'
import { fakeBackend, fakeMetrics } from '../../src/testing/index.js'

/** A public constructor, and arguments that it takes: as many options as go together. */
export interface Constructor {
  readonly name: string
  readonly build: (...args: readonly never[]) => unknown
  readonly args: readonly unknown[]
}

const policy = core.fixed(1)
const cpu = { metric: 'cpu' } as const
const window = { start: '0 8 * * 1-5', durationMs: 3_600_000, zone: 'UTC' }
const behavior = { windowMs: 1000, rates: [{ count: 1, periodMs: 1000 }], select: 'max', cooldownMs: 0 }
const http = { headers: { 'x-a': 'b' }, timeoutMs: 1000, whenMissing: { kind: 'last', maxAgeMs: 1000 } }

const functions: Readonly<Record<string, readonly unknown[]>> = {
  customMetric: [{ name: 'jobs', unit: 'count', of: 'group', whenMissing: { kind: 'hold' }, read: () => 1 }],
  hostMetrics: [{ whenMissing: { kind: 'assume', value: 1 } }],
  httpJson: [{ name: 'jobs', url: 'http://127.0.0.1/', pointer: '/jobs', allowNumberText: true, ...http }],
  prometheus: [{ name: 'jobs', url: 'http://127.0.0.1/', query: 'up', of: 'group', ...http }],
  usageMetrics: [fakeBackend(), { extra: [{ name: 'disk', unit: 'bytes' }], whenMissing: { kind: 'fail' } }],
  customProbe: [{ name: 'mine', check: () => true, timeoutMs: 1000 }],
  httpProbe: ['/health', { timeoutMs: 1000, method: 'GET', expectStatus: 200, scheme: 'http', port: 80 }],
  tcpProbe: [{ timeoutMs: 1000, port: 80 }],
  activation: [policy, { ...cpu, above: 1, idleCount: 0, activeCount: 1, cooldownMs: 1000 }],
  adaptive: [{ load: 'http.request_rate', queue: false, forecastOnly: true, without: [] }],
  all: [policy, policy],
  any: [policy],
  awsMerge: [{ tracking: [policy], outOnly: [policy], steps: [policy] }],
  backlog: [{ metric: 'jobs', perInstance: 10 }],
  byPriority: [{ policy, priority: 1 }],
  customPolicy: [{ name: 'mine', metrics: ['cpu'], propose: () => 1 }],
  dampen: [policy, { scaleOut: behavior, scaleIn: behavior }],
  during: [window, policy],
  fallback: [policy, { afterFailures: 3, count: 2, behavior: 'static' }],
  firstOf: [policy],
  fixed: [1],
  formula: [{ expression: 'cpu * 2', metrics: { cpu: 'cpu' }, target: 1, type: 'average', tolerance: 0.1 }],
  jobSlots: [{ inUse: 'jobs', slotsPerInstance: 4, idleCount: 1, scaleFactor: 1, scaleFactorLimit: 9 }],
  maxOf: [policy],
  minOf: [policy],
  nomadMerge: [policy],
  passThrough: [{ metric: 'jobs', maxOut: 1, maxIn: 1 }],
  scheduled: [{ ...window, count: 2 }],
  scheduledActions: [[{ cron: '0 8 * * *', min: 1, max: 2 }], policy],
  simpleScaling: [{ ...cpu, comparison: '>', threshold: 0.5, adjust: 1, kind: 'change', cooldownMs: 1000 }],
  stepScaling: [{ ...cpu, threshold: 0.5, steps: [{ lower: 0, adjust: 1 }], kind: 'change' }],
  targetTracking: [{ ...cpu, target: 0.5, type: 'average', tolerance: { out: 0.1 }, starting: 'left-out' }],
  targetValue: [{ ...cpu, target: 0.5, epsilon: 0.1, maxOut: 1, maxIn: 1 }],
  threshold: [{ ...cpu, above: 0.7, below: 0.3, step: { out: 2, in: 1 } }],
  weighted: [{ policy, weight: 2 }],
  whenBlind: [policy, { out: 'hold', in: { count: 1 } }],
  windowThreshold: [{ ...cpu, lower: 0.7, windowMs: 1000, trigger: 1, delta: 1 }],
  decisionLog: [{ keep: 10 }],
  decisionLogFile: [{ path: 'decisions.jsonl', maxBytes: 1000, keep: 1, onProblem: () => {} }],
  fileStore: ['state', { clock: core.systemClock }],
}

const autoscaler = {
  group: 'web',
  min: 1,
  max: 3,
  desired: 2,
  backend: fakeBackend(),
  balancer: { name: 'b', sync: async () => {}, close: async () => {} },
  probe: core.tcpProbe(),
  policy: [policy],
  shadow: { other: policy },
  metrics: [fakeMetrics({ name: 'jobs' })],
  behavior: { scaleIn: behavior },
  intervalMs: 1000,
  warmupMs: 0,
  launch: { parallel: 1, readyTimeoutMs: 1000, backoff: { baseMs: 1, capMs: 1 }, stableMs: 1 },
  health: { failureThreshold: 1, maxUnhealthyRatio: 0.5 },
  timeouts: { listMs: 1, sampleMs: 1, probeMs: 1, launchMs: 1, terminateMs: 1, balanceMs: 1, storeMs: 1 },
  victims: ['oldest'],
  balanceZones: true,
  busyMetric: 'cpu',
  store: core.memoryStore(),
  dryRun: false,
  log: core.decisionLog(),
  keepDecisions: 1,
  logger: core.silentLogger,
  clock: core.systemClock,
  random: () => 0,
}

export const everyConstructor: readonly Constructor[] = [
  ...Object.entries(functions).map(([name, args]) => ({
    name,
    build: (core as unknown as Record<string, Constructor['build']>)[name] as Constructor['build'],
    args,
  })),
  {
    name: 'Autoscaler',
    build: (...args) => new core.Autoscaler(...(args as unknown as [core.AutoscalerOptions])),
    args: [autoscaler],
  },
]
