import type { Backend, Instance } from '@flotilla/core'
import type { FakeBackend, FakeBackendKitOptions } from '@flotilla/core/testing'

/** A backend that breaks one promise, and the cases that must find it. */
export interface BrokenBackend {
  /** Completes "finds a backend that …". */
  readonly that: string
  /** What it does otherwise than the good one. */
  readonly breaks: (inner: FakeBackend) => Partial<Backend>
  readonly options?: FakeBackendKitOptions['backend']
  /** Exactly these cases, no other. */
  readonly fails: readonly string[]
  /** True when so much stands on the promise that further cases fail too. */
  readonly andMore?: boolean
}

/** The good backend with some of its methods replaced. */
export function breakBackend(inner: FakeBackend, breaks: BrokenBackend['breaks']): Backend {
  return {
    name: inner.name,
    supports: inner.supports,
    templateHash: inner.templateHash,
    list: inner.list.bind(inner),
    launch: inner.launch.bind(inner),
    terminate: inner.terminate.bind(inner),
    usage: inner.usage?.bind(inner),
    watch: inner.watch?.bind(inner),
    endGroup: inner.endGroup.bind(inner),
    lastOutput: inner.lastOutput.bind(inner),
    close: inner.close.bind(inner),
    ...breaks(inner),
  } as Backend
}

/** A backend that shows each machine otherwise. */
export function showing(change: (instance: Instance) => Partial<Instance>): BrokenBackend['breaks'] {
  return (inner) => ({
    list: async (group, options) =>
      (await inner.list(group, options)).map((instance) => ({ ...instance, ...change(instance) })),
    launch: async (request, options) => {
      const instance = await inner.launch(request, options)
      return { ...instance, ...change(instance) }
    },
  })
}

/** Every machine that there is, whoever's it is. */
export function everyMachine({ machines }: FakeBackend): readonly Instance[] {
  return Array.from({ length: 200 }, (_, index) => machines.get(`fake-${index + 1}`))
    .filter((machine) => machine !== undefined)
    .map((machine) => machines.showOne(machine))
}
