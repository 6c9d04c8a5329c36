import type { CallOptions, Hypervisor } from '@flotilla/libvirt'
import { never, type CallFault } from '../fakes/fake-calls.js'

export type HypervisorCall = Exclude<keyof Hypervisor, 'uri' | 'close' | 'lifecycleEvents'>

/** Faults on the way to a real hypervisor: for the next call of a kind, or for the next one that has this in it. */
export class Faults {
  /** Every call made, in order. */
  readonly made: string[] = []
  readonly #armed: { readonly call: HypervisorCall; readonly has: string; readonly fault: CallFault }[] = []

  /** @param has - what the call's arguments must have in them, such as a UUID */
  arm(call: HypervisorCall, fault: CallFault, has = ''): void {
    this.#armed.push({ call, fault, has })
  }

  take(call: string, args: readonly unknown[]): CallFault | undefined {
    this.made.push(call)
    const index = this.#armed.findIndex(
      (armed) => armed.call === call && JSON.stringify(args).includes(armed.has),
    )
    const [armed] = index < 0 ? [] : this.#armed.splice(index, 1)
    return armed?.fault
  }
}

/** The hypervisor itself, but for the faults. */
export function faulty(hypervisor: Hypervisor, faults: Faults): Hypervisor {
  return new Proxy(hypervisor, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function' || typeof name !== 'string') return member
      const call = member.bind(target) as (...args: readonly unknown[]) => unknown
      return (...args: readonly unknown[]): unknown => {
        const fault = faults.take(
          name,
          args.filter((arg) => !isOptions(arg)),
        )
        return fault === undefined ? call(...args) : withFault(fault, call, args)
      }
    },
  })
}

const isOptions = (arg: unknown): arg is CallOptions =>
  typeof arg === 'object' && arg !== null && 'signal' in arg

async function withFault(
  fault: CallFault,
  call: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
): Promise<unknown> {
  const signal = args.find(isOptions)?.signal ?? new AbortController().signal
  switch (fault.kind) {
    case 'fail':
      throw fault.error
    case 'hang':
      return never(signal)
    case 'hang-after':
      await call(...args)
      return never(signal)
    case 'lose-reply':
      await call(...args)
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  }
}
