import type { Backend } from '../../../backend.js'
import { FlotillaError } from '../../../errors.js'
import type { BackendFaults } from './backend-faults.js'
import type { BackendCall, BackendKit, BackendUnderTest } from '../backend-kit.js'
import { once } from '../../common/call-faults.js'
import { fakeBackend, type FakeBackend } from './fake-backend.js'
import type { FakeBackendOptions } from './fake-backend-options.js'
import type { SuiteOptions } from '../../common/suite-options.js'

/** How the in-memory backend is put under test. */
export interface FakeBackendKitOptions extends SuiteOptions {
  /** What is put around each backend, and so is under test with it: limits, a cache, a log. */
  readonly wrap?: ((inner: FakeBackend) => Backend) | undefined
  readonly backend?: Omit<FakeBackendOptions, 'clock' | 'machines'> | undefined
}

/** A kit that can do everything, on the in-memory backend: for the suite itself, and for wrappers around a backend. */
export function fakeBackendKit({
  wrap = (inner) => inner,
  backend: options,
  ...suite
}: FakeBackendKitOptions = {}): BackendKit {
  return {
    ...suite,
    async make() {
      const inner = fakeBackend({
        callMs: 1,
        launchMs: 1,
        bootMs: 2,
        timeoutMs: 1_000,
        templateHash: 'template-1',
        ...options,
        clock: suite.clock,
      })
      return { ...abilities(inner), backend: wrap(inner), reopen: async () => wrap(inner.reopen()) }
    },
  }
}

function abilities(inner: FakeBackend): Omit<BackendUnderTest, 'backend' | 'reopen'> {
  const { machines, faults } = inner
  return {
    makeForeign: async () => inner.addForeign(),
    isRunning: async (id) => {
      const machine = machines.get(id)
      return machine !== undefined && machines.showOne(machine).status === 'running'
    },
    crash: async (id) => inner.crash(id),
    impair: async (id) => inner.impair(id, 'its health check says unhealthy'),
    heal: async (id) => inner.impair(id, undefined),
    leftovers: async () => machines.leftovers(),
    writeOutput: async (id, text) => inner.write(id, text),
    setUsage: async (id, use) => inner.setUsage(id, use),
    failHalfWay: () => {
      faults.launch = once({ kind: 'fail-half-way' })
    },
    loseReply: () => {
      faults.launch = once({ kind: 'lose-reply' })
    },
    failNext: (call) => arm(faults, call, { kind: 'fail', error: translated(call) }),
    hangNext: (call) => arm(faults, call, { kind: 'stall' }),
    refuseTerminate: (id) => {
      faults.terminate = once({ kind: 'partial', ids: [id] })
    },
    cleanup: async () => {},
  }
}

function arm(
  faults: BackendFaults,
  call: BackendCall,
  fault: { kind: 'fail'; error: FlotillaError } | { kind: 'stall' },
): void {
  faults[call] = once(fault)
}

function translated(call: BackendCall): FlotillaError {
  const cause = new Error('503 Service Unavailable')
  return new FlotillaError('unavailable', `fake ${call}: ${cause.message}`, { cause })
}
