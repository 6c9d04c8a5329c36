import type { Backend } from '../../backend.js'
import type { LoadBalancer } from '../../balancer.js'
import type { CallOptions } from '../../async/deadline.js'
import { FlotillaError } from '../../errors.js'
import type { Term } from './term.js'

/** A backend of which nothing is launched or ended unless the term is held at that very moment. */
export function ownersBackend(backend: Backend, term: Term): Backend {
  return ownerOnly(backend, ['launch', 'terminate', 'endGroup'], term)
}

/** A balancer that is brought to nothing unless the term is held at that very moment. */
export function ownersBalancer(balancer: LoadBalancer, term: Term): LoadBalancer {
  return ownerOnly(balancer, ['sync'], term)
}

/**
 * The same object but for some of its methods, which reject with `conflict` when the term is not held as they are called, and
 * are aborted when it is lost under way. It stands here, around whatever calls them, so that no path can forget it: not a
 * call that was queued, nor the end of a group.
 */
function ownerOnly<T extends object>(target: T, methods: readonly (keyof T & string)[], term: Term): T {
  const guarded = new Set<string | symbol>(methods)
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      // Private fields are only to be had on the object itself.
      const method = value.bind(target) as (...args: readonly unknown[]) => unknown
      return guarded.has(name)
        ? (...args: readonly unknown[]) => callHeld(term, String(name), method, args)
        : method
    },
  })
}

async function callHeld(
  term: Term,
  name: string,
  method: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
): Promise<unknown> {
  if (!term.isHeld()) throw notOwner(name, term)
  const last = args.at(-1) as CallOptions
  const signal = AbortSignal.any([last.signal, term.lost])
  return method(...args.slice(0, -1), { ...last, signal })
}

function notOwner(name: string, { lost }: Term): FlotillaError {
  const why = lost.reason instanceof FlotillaError ? lost.reason.message : 'the group was lost'
  return new FlotillaError('conflict', `${name} was not called: ${why}`, { cause: lost.reason })
}
