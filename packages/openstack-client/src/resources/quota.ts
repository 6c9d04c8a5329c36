import type { Fields } from './fields.js'

/** A limit, and how much of it is used. */
export interface Quota {
  /** `Infinity` when there is no limit. */
  readonly limit: number
  readonly used: number
  /** Reserved by calls under way. */
  readonly reserved: number
}

/** The services write -1 for no limit. */
export const limitOf = (value: number | undefined): number =>
  value === undefined || value < 0 ? Infinity : value

/** Reads `{limit, in_use | used, reserved}` of each resource. */
export function readQuotas(json: Fields): Readonly<Record<string, Quota>> {
  const names = Object.keys(json.raw).filter((name) => json.fields(name).number('limit') !== undefined)
  return Object.fromEntries(
    names.map((name) => {
      const quota = json.fields(name)
      const used = quota.number('in_use') ?? quota.number('used') ?? 0
      return [name, { limit: limitOf(quota.number('limit')), used, reserved: quota.number('reserved') ?? 0 }]
    }),
  )
}
