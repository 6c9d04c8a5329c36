import type { LoadBalancer } from '../../balancer.js'
import { FlotillaError } from '../../errors.js'
import type { BalancerKit } from './balancer-kit.js'
import { once } from '../common/call-faults.js'
import { fakeBalancer, type FakeBalancer } from './fake-balancer.js'
import type { SuiteOptions } from '../common/suite-options.js'

/** How the in-memory balancer is put under test. */
export interface FakeBalancerKitOptions extends SuiteOptions {
  /** What is put around each balancer, and so is under test with it. */
  readonly wrap?: ((inner: FakeBalancer) => LoadBalancer) | undefined
  /** Milliseconds, default 1,000. */
  readonly drainMs?: number | undefined
}

const firstPort = 20_000

/** A kit that can do everything, on the in-memory balancer: for the suite itself, and for wrappers around a balancer. */
export function fakeBalancerKit({
  wrap = (inner) => inner,
  drainMs = 1_000,
  ...suite
}: FakeBalancerKitOptions = {}): BalancerKit {
  return {
    ...suite,
    drainMs,
    async make() {
      const inner = fakeBalancer({ clock: suite.clock, drainMs, updateMs: 1 })
      let memberCount = 0
      // What answers is the server at the port, whatever the balancer calls it.
      const serverOf = (id: string | undefined): { readonly memberId?: string } => {
        const port = inner.members.find((member) => member.id === id)?.port
        return port === undefined ? {} : { memberId: `member-${port - firstPort}` }
      }
      return {
        balancer: wrap(inner),
        async startMember() {
          memberCount += 1
          return { id: `member-${memberCount}`, host: '127.0.0.1', port: firstPort + memberCount }
        },
        async request() {
          const answer = inner.request()
          return { ...answer, ...serverOf(answer.memberId) }
        },
        hold: async () => inner.hold(),
        failNextUpdate: () => {
          const cause = new Error('[emerg] unexpected end of file')
          const error = new FlotillaError('unavailable', `fake sync: ${cause.message}`, { cause })
          inner.faults.sync = once({ kind: 'fail', error })
        },
        updateCount: () => inner.updateCount,
        lose: () => inner.lose(),
        breakCheck: () => {
          const error = new FlotillaError('unavailable', 'fake check: no answer')
          inner.faults.check = { kind: 'fail', error }
        },
        cleanup: async () => {},
      }
    },
  }
}
