import type { Secret } from './secret.js'

/** Removes every known secret, and credentials in addresses, from a text. */
export type Redact = (text: string) => string

/** Hiding shorter ones would blank out half of a message. */
const shortestSecret = 4

/** A `Redact` for the secrets that `current` names at the moment of use. */
export function redactor(current: () => readonly (Secret | undefined)[]): Redact {
  return (text) => {
    let clean = withoutAddressCredentials(text)
    for (const secret of current()) {
      const value = secret?.reveal() ?? ''
      if (value.length >= shortestSecret) clean = clean.split(value).join('(hidden)')
    }
    return withoutEchoedSecrets(clean)
  }
}

/** Hides the credentials of `https://user:word@host`. */
export const withoutAddressCredentials = (text: string): string =>
  text.replace(/\/\/[^/@\s'"]*@/g, '//(hidden)@')

/**
 * Nova repeats a refused body, and that of a server has user data and a password:
 * `Invalid input for field/attribute server. Value: {...}. Additional properties are not allowed ('x' was unexpected)`.
 */
function withoutEchoedSecrets(text: string): string {
  const echo = /^([^]*?field\/attribute (\S+?)\. Value: )([^]*)$/.exec(text)
  if (echo === null) return text
  const [, before = '', attribute = '', echoed = ''] = echo
  const isHarmless =
    !/^[[{]/.test(echoed) && !/user_data|pass|secret|token|key|content|personality/i.test(attribute)
  if (isHarmless) return text
  const reason =
    /(is too (long|short)|is not of type '\w+'|Additional properties are not allowed \([^()]*\))$/.exec(
      echoed,
    )
  return `${before}(hidden)${reason === null ? '' : `. ${reason[0]}`}`
}
