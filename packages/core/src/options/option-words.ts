import type * as v from 'valibot'

type Issue = v.BaseIssue<unknown>

/** What would do in place of a bad value, to stand behind "must be". A schema's own message says so; valibot's is translated. */
export function wantedWords(issue: Issue): string {
  if (!issue.message.startsWith('Invalid ')) return issue.message
  switch (issue.type) {
    case 'string':
      return 'a string'
    case 'number':
      return 'a number'
    case 'boolean':
      return 'true or false'
    case 'function':
      return 'a function'
    case 'array':
    case 'tuple':
    case 'strict_tuple':
    case 'loose_tuple':
      return 'a list'
    case 'object':
    case 'strict_object':
    case 'loose_object':
    case 'record':
      return 'an object'
    case 'picklist':
    case 'enum':
    case 'literal':
      return oneOf(issue.expected)
    case 'variant':
      return issue.expected === 'Object' ? 'an object' : oneOf(issue.expected)
    case 'union':
      return unionWords(issue)
    case 'instance':
      return `a ${issue.expected ?? 'known object'}`
    default:
      return boundWords(issue)
  }
}

/** The words for bounds that a schema set without a message of its own. */
function boundWords({ type, requirement, input }: Issue): string {
  const isText = typeof input === 'string'
  const [what, things] = isText ? ['a string', ' characters'] : ['a list', '']
  switch (type) {
    case 'min_length':
      return `${what} of at least ${String(requirement)}${things}`
    case 'non_empty':
      return isText ? 'a string that is not empty' : 'a list of at least 1'
    case 'max_length':
      return `${what} of at most ${String(requirement)}${things}`
    case 'length':
      return `${what} of ${String(requirement)}${things}`
    case 'min_value':
      return `at least ${String(requirement)}`
    case 'max_value':
      return `at most ${String(requirement)}`
    case 'integer':
    case 'safe_integer':
      return 'a whole number'
    case 'finite':
      return 'a finite number'
    case 'regex':
      return 'written in its proper form'
    default:
      return 'a value of its kind'
  }
}

/** `("a" | "b")` as `one of 'a', 'b'`. */
function oneOf(expected: string | null): string {
  const values = (expected ?? '')
    .replace(/^\(|\)$/g, '')
    .split(' | ')
    .map((value) => value.replace(/^"(.*)"$/, "'$1'"))
  return values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`
}

/** Of alternatives, those that the value came nearest to: a list with a bad entry should hear of the entry. */
function unionWords({ issues }: Issue): string {
  if (issues === undefined) return 'a value of its kind'
  const deeper = issues.filter(({ path }) => path !== undefined)
  const words = (deeper.length > 0 ? deeper : issues).map((issue) => wantedWords(issue))
  return [...new Set(words)].join(', or ')
}
