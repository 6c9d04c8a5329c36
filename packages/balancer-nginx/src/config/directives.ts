import * as v from 'valibot'
import { token } from './checked-text.js'
import { directive, type Directive, type Statement } from './statements.js'

/** Directives of the caller's own, by the block they go into. Each is one line; a block cannot be given. */
export interface ExtraDirectives {
  /** Inside `upstream NAME { … }`, such as `['zone', 'backend', '1m']`. */
  readonly upstream?: readonly Directive[] | undefined
  /** Inside `server { … }`, such as `['client_max_body_size', '20m']`. With `listen` only. */
  readonly server?: readonly Directive[] | undefined
  /** Inside `location / { … }`, such as `['proxy_read_timeout', '5m']`. With `listen` only. */
  readonly location?: readonly Directive[] | undefined
}

const directiveSchema = v.custom<Directive>(
  (value) =>
    Array.isArray(value) &&
    value.length <= 100 &&
    typeof value[0] === 'string' &&
    /^[a-z][a-z0-9_]{0,63}$/.test(value[0]) &&
    value.slice(1).every((arg) => v.is(token(), arg)),
  'a directive as a list of its name and arguments, each a text without control characters',
)

const list = v.optional(v.pipe(v.array(directiveSchema, 'a list of directives'), v.maxLength(1000)))

export const extraDirectives = (): v.GenericSchema<ExtraDirectives> =>
  v.strictObject({ upstream: list, server: list, location: list })

/**
 * Our own directives, then the caller's. One that the caller gives replaces ours of the same name, as most may stand only
 * once; request headers are told apart by the header.
 */
export function withExtras(ours: readonly Directive[], extras: readonly Directive[] = []): Statement[] {
  return [...without(ours, extras), ...extras].map((tokens) => directive(...tokens))
}

/** Our own directives but for those that the caller gives. */
export function without(ours: readonly Directive[], extras: readonly Directive[] = []): readonly Directive[] {
  const given = new Set(extras.map(subjectOf))
  return ours.filter((tokens) => !given.has(subjectOf(tokens)))
}

function subjectOf([name, ...args]: Directive): string {
  return name === 'proxy_set_header' ? `${name} ${args[0]?.toLowerCase() ?? ''}` : name
}
