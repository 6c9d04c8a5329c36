// #region options
import {
  FlotillaError,
  systemClock,
  type ErrorCode,
  type MetricInfo,
  type Metrics,
  type MissingRule,
} from '@flotilla/core'
import {
  check,
  checkOptions,
  messageOf,
  missingRule,
  readingFrom,
  withDeadline,
} from '@flotilla/core/authoring'
import { createClient, ErrorReply } from '@redis/client'
import * as v from 'valibot'

export interface RedisListOptions {
  /** `redis://host:6379`, also with user, password and database; `rediss:` with TLS. */
  readonly url: string
  /** The list. */
  readonly key: string
  /** The metric's name in Flotilla; default `queue.length`. */
  readonly name?: string | undefined
  /** Bound of one sample, milliseconds; default 2,000. */
  readonly timeoutMs?: number | undefined
  /** Default `hold`. */
  readonly whenMissing?: MissingRule | undefined
}

const url = 'an address such as redis://host:6379'
const schema = v.strictObject({
  url: v.pipe(v.string(url), v.url(url), v.regex(/^rediss?:/, url)),
  key: check.text(),
  name: v.optional(check.text(), 'queue.length'),
  timeoutMs: v.optional(check.milliseconds(1), 2000),
  whenMissing: v.optional(missingRule()),
})
// #endregion

// #region source
/**
 * How many elements a Redis list has, as a metric of the group: jobs that wait. A list that is not there is an empty one, in
 * Redis too.
 *
 * @throws FlotillaError `invalid-options`. A sample rejects with `unavailable`, `timeout`, `permission-denied` or
 *   `invalid-reading`
 */
export function redisListLength(options: RedisListOptions): Metrics {
  const { url: address, key, name, timeoutMs, whenMissing } = checkOptions('redisListLength', schema, options)
  const info: MetricInfo = { name, unit: 'count', of: 'group', whenMissing }
  // Never the address itself: a password may stand in it.
  const attempted = `read the length of ${key} from Redis at ${new URL(address).host}`
  // Without its queue a command fails at once while the server is away; the client itself goes on trying to reach it.
  const client = createClient({
    url: address,
    disableOfflineQueue: true,
    socket: { connectTimeout: timeoutMs },
  })
  // Without a listener an `error` event would end the process. What it says is also what the next sample fails with.
  let lastError: unknown
  client.on('error', (error: unknown) => (lastError = error))
  let connecting: Promise<unknown> | undefined

  return {
    name: `redis ${key}`,
    provides: [info],
    async sample({ now, signal }) {
      try {
        const length = await withDeadline(
          async () => {
            connecting ??= client.connect()
            await connecting
            return client.lLen(key)
          },
          { clock: systemClock, timeoutMs, what: attempted, signal },
        )
        return [readingFrom({ info, at: now }, length)]
      } catch (error) {
        signal.throwIfAborted()
        throw fromRedis(attempted, error, lastError)
      }
    },
    async close() {
      if (client.isOpen) client.destroy()
    },
  }
}
// #endregion

// #region errors
/** @param lastError - of the connection, which says more than that a call had none */
function fromRedis(attempted: string, error: unknown, lastError: unknown): FlotillaError {
  const isOurs = error instanceof FlotillaError
  const cause = lastError !== undefined && !(error instanceof ErrorReply) ? lastError : error
  const words = messageOf(cause)
  const code = isOurs && cause === error ? error.code : codeOf(words)
  return new FlotillaError(code, `${attempted}: ${words}`, { cause })
}

function codeOf(words: string): ErrorCode {
  if (/^(WRONGPASS|NOAUTH|NOPERM)/.test(words)) return 'permission-denied'
  return words.startsWith('WRONGTYPE') ? 'invalid-reading' : 'unavailable'
}
// #endregion
