import { FlotillaError, type Backend, type Clock, type Instance, type LaunchRequest } from '@flotilla/core'
import { toFlotillaError } from '@flotilla/core/authoring'
import type { Definitions } from './definitions.js'

type Call = 'list' | 'launch' | 'terminate' | 'usage' | 'endGroup' | 'lastOutput'

/** Which group a call is of, by its first argument. */
const groupOf: Readonly<Record<Call, (argument: never) => string | undefined>> = {
  list: (group: string) => group,
  terminate: (group: string) => group,
  endGroup: (group: string) => group,
  launch: ({ group }: LaunchRequest) => group,
  lastOutput: ({ group }: Instance) => group,
  usage: ([first]: readonly Instance[]) => first?.group,
}

const isMeasured = (key: PropertyKey): key is Call => Object.hasOwn(groupOf, key)

/** The same backend, whose calls are timed and whose errors are counted. A call that its caller gave up is no error of the backend's. */
export function measuredBackend(
  backend: Backend,
  { calls, callErrors }: Definitions,
  clock: Pick<Clock, 'monotonic'>,
): Backend {
  const measure = async (call: Call, method: Function, args: readonly unknown[]): Promise<unknown> => {
    const group = groupOf[call](args[0] as never) ?? ''
    const startedMs = clock.monotonic()
    try {
      return await (method.apply(backend, args) as Promise<unknown>)
    } catch (error) {
      const { signal } = (args.at(-1) ?? {}) as { readonly signal?: AbortSignal }
      // The caller's own bound is an abort too, whose reason says `timeout`.
      const isGivenUp = signal?.aborted === true && !(error instanceof FlotillaError)
      if (!isGivenUp) {
        callErrors.inc({ group, backend: backend.name, call, code: toFlotillaError(error, call).code })
      }
      throw error
    } finally {
      calls.observe({ backend: backend.name, call }, (clock.monotonic() - startedMs) / 1000)
    }
  }
  return new Proxy(backend, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      if (isMeasured(key)) return (...args: readonly unknown[]) => measure(key, value, args)
      return value.bind(target) as unknown
    },
  })
}
