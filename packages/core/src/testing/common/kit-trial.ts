import { randomUUID } from 'node:crypto'
import type { Bounds } from './bounds.js'
import { skipCase, type Trial } from './contract-case.js'

/** One case's thing under test, as its kit made it, with the suite's bounds. */
export abstract class KitTrial<TUnder extends object, TAbility extends keyof TUnder> implements Trial {
  readonly under: TUnder
  readonly bounds: Bounds

  constructor(under: TUnder, bounds: Bounds) {
    this.under = under
    this.bounds = bounds
  }

  /** What the kit can do beside the contract; skips the case when it cannot. */
  need<TOne extends TAbility>(ability: TOne): NonNullable<TUnder[TOne]> {
    const found = this.under[ability]
    if (typeof found !== 'function') return skipCase(`the kit has no ${String(ability)}`)
    return found.bind(this.under) as NonNullable<TUnder[TOne]>
  }

  abstract end(): Promise<void>
}

/** A name that no other case uses. */
export function uniqueName(kind: string): string {
  return `${kind}-${randomUUID().slice(0, 13)}`
}
