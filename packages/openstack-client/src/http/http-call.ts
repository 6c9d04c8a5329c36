import { OpenStackError } from '../openstack-error.js'
import { within } from '../time/within.js'
import { BodyTooLong, boundedText } from './bounded-body.js'
import { answerError, type Asked } from './answer-error.js'
import { requestIdOf, type Answer } from './answer.js'
import { connectionFault } from './connection-fault.js'
import type { Engine } from './engine.js'
import { withRetries } from './retry.js'

/** One call to one address. */
export interface HttpCall {
  readonly service: string
  readonly what: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | (() => ReadableStream<Uint8Array>) | undefined
  readonly repeatable: boolean
  /** Whether a redirect is an answer. Default: it is an error, since a token is not carried elsewhere. */
  readonly acceptsRedirect?: boolean | undefined
  readonly attemptTimeoutMs: number
  /** Monotonic time by which it must have ended. */
  readonly endsAt: number
  readonly signal: AbortSignal
}

/**
 * Sends a call, and again where that is safe and there is time.
 *
 * @throws OpenStackError for every answer of 400 and above, every redirect, and every fault
 */
export function sendCall(engine: Engine, call: HttpCall): Promise<Answer> {
  const { clock, random, retries: rules } = engine
  const { endsAt, repeatable, signal } = call
  return withRetries((tries) => sendOnce(engine, call, tries), {
    clock,
    random,
    rules,
    endsAt,
    repeatable,
    signal,
  })
}

async function sendOnce(engine: Engine, call: HttpCall, tries: number): Promise<Answer> {
  const { clock } = engine
  const startedAt = clock.monotonic()
  let answer: Answer | undefined
  try {
    answer = await oneAnswer(engine, call)
  } finally {
    const { service, what, method } = call
    engine.onCall?.({
      service,
      what,
      method,
      path: new URL(call.url).pathname,
      status: answer?.status,
      durationMs: clock.monotonic() - startedAt,
      tries,
      requestId: answer === undefined ? undefined : requestIdOf(answer),
    })
  }
  const isRedirect = answer.status > 300 && answer.status < 400
  if (answer.status >= 400 || (isRedirect && call.acceptsRedirect !== true))
    throw answerError(answer, askedOf(engine, call))
  return answer
}

async function oneAnswer(engine: Engine, call: HttpCall): Promise<Answer> {
  const { clock, send } = engine
  const { service, method, url, headers, body, signal, repeatable } = call
  const what = `${service}: ${call.what}`
  const timeoutMs = Math.max(1, Math.min(call.attemptTimeoutMs, call.endsAt - clock.monotonic()))
  const signals = [signal]
  try {
    return await within(
      { clock, timeoutMs, signals, what, maybeDone: !repeatable, service },
      async (bound) => {
        const sent = typeof body === 'function' ? body() : body
        const response = await send(url, { method, headers, body: sent, signal: bound })
        return { status: response.status, headers: response.headers, text: await boundedText(response) }
      },
    )
  } catch (error) {
    if (signal.aborted || error instanceof OpenStackError) throw error
    if (isTooLong(error)) {
      const facts = { service, maybeDone: !repeatable, cause: error }
      throw new OpenStackError('bad-answer', `${what}: ${new BodyTooLong().message}`, facts)
    }
    throw connectionFault(error, targetOf(engine, url), askedOf(engine, call))
  }
}

const isTooLong = (error: unknown): boolean =>
  error instanceof BodyTooLong || (error instanceof Error && error.cause instanceof BodyTooLong)

/** A proxy that is down must not be blamed on the service. */
function targetOf({ via }: Engine, url: string): string {
  const { origin } = new URL(url)
  const proxy = via?.(url)
  return proxy === undefined ? origin : `${origin} by way of the proxy ${proxy}`
}

const askedOf = ({ redact, clock }: Engine, { what, service, repeatable }: HttpCall): Asked => ({
  what,
  service,
  repeatable,
  redact,
  nowMs: clock.now(),
})
