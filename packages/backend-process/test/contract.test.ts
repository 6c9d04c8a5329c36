import { FlotillaError, systemClock, type Backend, type Clock } from '@flotilla/core'
import { testBackend, type BackendUnderTest } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { hostProcessTable } from '../src/host/host-process-table.js'
import { NewcomersTable } from './support/newcomers-table.js'
import { FaultyTable } from './support/faulty-table.js'
import { Playground } from './support/playground.js'

// Each case has a state directory of its own, and most of its time it waits.
testBackend({ describe, it: it.concurrent }, 'processes', { make, timeoutMs: 20_000, abortMs: 10_000 })

async function make(): Promise<BackendUnderTest> {
  const playground = await Playground.make()
  const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
  const clock = new HurriedClock()
  const faults = { losesNextReply: false }
  const backend = withFaults(playground.backend({}, table, clock), { table, playground, faults })
  return {
    backend,
    reopen: async () => playground.backend(),
    makeForeign: async () => (await playground.startForeign()).id,
    isRunning: async (id) => playground.isRunning(id),
    crash: async (id) => {
      process.kill(await playground.pid(id), 'SIGKILL')
    },
    leftovers: async () => playground.leftovers(),
    setUsage: async (id, { cpuRatio, memoryBytes }) => {
      const since = performance.now()
      const facts = () => ({ cpuMs: 5_000 + cpuRatio * (performance.now() - since), memoryBytes })
      table.change(await playground.pid(id), facts)
    },
    // Every call sweeps the process table first; a launch then asks for the process that it has started.
    failHalfWay: () => table.failNext('some', new Error('read /proc: EIO')),
    loseReply: () => {
      faults.losesNextReply = true
    },
    failNext: () => table.failNext('all', Object.assign(new Error('EIO'), { code: 'EIO' })),
    hangNext: () => table.hangNext('all', () => clock.hurrySoon()),
    refuseTerminate: async (id) => table.refuseSignals(await playground.pid(id)),
    cleanup: async () => playground.cleanup(),
  }
}

/** The host's clock, on which all that sleeps is over soon once something hangs: a bound need not be waited for. */
class HurriedClock implements Clock {
  #hurry = new AbortController()

  now(): number {
    return systemClock.now()
  }

  monotonic(): number {
    return systemClock.monotonic()
  }

  async sleep(ms: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const hurry = this.#hurry.signal
    const either = signal === undefined ? hurry : AbortSignal.any([signal, hurry])
    await systemClock.sleep(ms, { signal: either }).catch(() => signal?.throwIfAborted())
  }

  /** For what sleeps by now; later than the suite aborts a call, which must reject with the reason of that. */
  hurrySoon(): void {
    const hurry = this.#hurry
    this.#hurry = new AbortController()
    setTimeout(() => hurry.abort(), 300).unref()
  }
}

interface Faults {
  readonly table: FaultyTable
  readonly playground: Playground
  readonly faults: { losesNextReply: boolean }
}

/** The backend with its calls wrapped: a fault is for the next one only, whether or not that comes to meet it. */
function withFaults(backend: Backend, { table, playground, faults }: Faults): Backend {
  const calls = ['list', 'launch', 'terminate', 'usage'] as const
  for (const name of calls) {
    const call = backend[name]?.bind(backend) as (...given: unknown[]) => Promise<unknown>
    const wrapped = async (...given: unknown[]): Promise<unknown> =>
      call(...given).finally(() => table.disarm())
    Object.assign(backend, { [name]: wrapped })
  }
  const launch = backend.launch.bind(backend)
  return Object.assign(backend, {
    async launch(...given: Parameters<Backend['launch']>) {
      const instance = await launch(...given)
      if (!faults.losesNextReply) return instance
      faults.losesNextReply = false
      // A controller that is killed between the start of a process and its record loses the answer just so.
      await playground.forgetChild(instance.id)
      throw new FlotillaError('timeout', 'the reply was lost')
    },
  })
}
