import { OpenStackError } from '../openstack-error.js'
import { requestIdOf, type Answer } from './answer.js'

/** What the JSON is for. */
export interface JsonUse {
  readonly service: string
  readonly what: string
  /** Name that it must have. */
  readonly expects?: string | undefined
  /** For the error: the change may have been made all the same. */
  readonly maybeDone?: boolean | undefined
}

/**
 * The JSON of an answer; undefined when it has no body, or one of another kind, and nothing is expected.
 *
 * @throws OpenStackError `bad-answer`
 */
export function jsonOf(answer: Answer, use: JsonUse): unknown {
  const { expects } = use
  const isJson = answer.text !== '' && /\bjson\b/i.test(answer.headers.get('content-type') ?? '')
  const json = isJson ? parsed(answer, use) : undefined
  if (expects === undefined || (typeof json === 'object' && json !== null && expects in json)) return json
  throw badAnswer(answer, use, `the answer has no "${expects}"`)
}

function parsed(answer: Answer, use: JsonUse): unknown {
  try {
    return JSON.parse(answer.text)
  } catch (cause) {
    throw badAnswer(answer, use, 'the answer is not the JSON it says it is', cause)
  }
}

const badAnswer = (answer: Answer, use: JsonUse, text: string, cause?: unknown): OpenStackError => {
  const { service, what, maybeDone } = use
  const { status } = answer
  return new OpenStackError('bad-answer', `${service}: ${what}: ${text}`, {
    service,
    status,
    requestId: requestIdOf(answer),
    retryable: true,
    maybeDone,
    cause,
  })
}
