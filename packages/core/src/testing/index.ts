// Contract suites: one case for each promise, in the caller's own runner.
export type { CaseContext, TestRunner } from './common/test-runner.js'
export { collectCases, type CaseResult, type CollectedCases } from './common/collect-cases.js'
export type { SuiteOptions } from './common/suite-options.js'
export { testBackend } from './backend/backend-contract.js'
export type { BackendCall, BackendKit, BackendUnderTest } from './backend/backend-kit.js'
export { testLoadBalancer } from './balancer/balancer-contract.js'
export type { BalancerAnswer, BalancerKit, BalancerUnderTest, HeldRequest } from './balancer/balancer-kit.js'
export { httpTraffic, type HttpTraffic, type HttpTrafficOptions } from './balancer/http-traffic.js'
export { testStateStore } from './store/store-contract.js'
export type { StoreKit, StoreUnderTest } from './store/store-kit.js'
export { testMetrics } from './metrics/metrics-contract.js'
export type { MetricsKit, MetricsUnderTest } from './metrics/metrics-kit.js'
export { testPolicy } from './policy/policy-contract.js'
export type { PolicyKit } from './policy/policy-kit.js'

// Fakes that keep every promise until a fault says otherwise.
export { FakeClock, type RunUntilOptions } from './common/fake-clock.js'
export { inFakeTime } from './common/in-fake-time.js'
export { once, type CallFault, type Fault } from './common/call-faults.js'
export { fakeBackend, FakeBackend } from './backend/fake/fake-backend.js'
export type { BackendCalls, FakeBackendOptions } from './backend/fake/fake-backend-options.js'
export type {
  BackendFaults,
  LaunchFault,
  ListFault,
  TerminateFault,
  UsageFault,
} from './backend/fake/backend-faults.js'
export {
  FakeMachines,
  type FakeMachine,
  type FakeMachineSpec,
  type FakeUse,
} from './backend/fake/fake-machines.js'
export { fakeBackendKit, type FakeBackendKitOptions } from './backend/fake/fake-backend-kit.js'
export { fakeBalancer, FakeBalancer, type FakeBalancerOptions } from './balancer/fake-balancer.js'
export { fakeBalancerKit, type FakeBalancerKitOptions } from './balancer/fake-balancer-kit.js'
export { FakeStorage, FakeStore, type FakeStoreOptions } from './store/fake-store.js'
export { fakeStoreKit, type FakeStoreKitOptions } from './store/fake-store-kit.js'
export { fakeMetrics, FakeMetrics, type FakeMetricsOptions } from './metrics/fake-metrics.js'
export { sampleNow, sampleObservation, trackedInstance, trackedInstances } from './common/sample-instances.js'
