import { OpenStackError } from '../openstack-error.js'

/** The first and the last microversion of a range, such as 2.1 and 2.93. */
export interface MicroversionRange {
  readonly min: string
  readonly max: string
}

/** The microversions that a call understands. */
export interface KnownMicroversions {
  /** Default: the service's first. */
  readonly min?: string | undefined
  readonly max: string
}

const pattern = /^(\d+)\.(\d+)$/

export const isMicroversion = (text: string): boolean => pattern.test(text)

/** Negative when `a` is the older, 0 when they are the same; by number, so that 2.9 is older than 2.10. */
export function compareMicroversions(a: string, b: string): number {
  const [majorA, minorA] = partsOf(a)
  const [majorB, minorB] = partsOf(b)
  return majorA === majorB ? minorA - minorB : majorA - majorB
}

function partsOf(version: string): readonly [major: number, minor: number] {
  const found = pattern.exec(version)
  if (found === null) {
    throw new OpenStackError('invalid-options', `${version} is no microversion; one looks like 2.90`)
  }
  return [Number(found[1]), Number(found[2])]
}

/** What the microversion of a call is chosen from. */
export interface Negotiation {
  readonly service: string
  /** For the error, such as `list servers by tags`. */
  readonly what: string
  /** What the service offers; undefined where it has no microversions. */
  readonly offered: MicroversionRange | undefined
  readonly known: KnownMicroversions
  /** The user's own upper limit. */
  readonly cap: string | undefined
}

/**
 * The newest microversion that both sides know and the user allows; undefined where the service has none.
 *
 * @throws OpenStackError `unsupported` when there is none in common
 */
export function negotiate({ service, what, offered, known, cap }: Negotiation): string | undefined {
  if (offered === undefined) {
    if (known.min === undefined) return undefined
    throw unsupported(
      service,
      `${what} needs microversion ${known.min}, and the service has no microversions`,
    )
  }
  const max = [offered.max, known.max, ...(cap === undefined ? [] : [cap])].reduce(older)
  const min = known.min === undefined ? offered.min : newer(offered.min, known.min)
  if (compareMicroversions(min, max) <= 0) return max
  const capped = cap === undefined ? '' : `, capped at ${cap} by the configuration`
  throw unsupported(
    service,
    `${what} works from ${known.min ?? 'the first'} to ${known.max}; the service offers ${offered.min} to ${offered.max}${capped}`,
  )
}

/** The range up to the user's own limit. */
export const capped = ({ min, max }: MicroversionRange, cap: string): MicroversionRange => ({
  min,
  max: older(max, cap),
})

const older = (a: string, b: string): string => (compareMicroversions(a, b) <= 0 ? a : b)
const newer = (a: string, b: string): string => (compareMicroversions(a, b) >= 0 ? a : b)

const unsupported = (service: string, text: string): OpenStackError =>
  new OpenStackError('unsupported', `${service}: ${text}`, { service })
