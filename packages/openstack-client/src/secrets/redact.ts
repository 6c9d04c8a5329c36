import type { Secret } from './secret.js'

/** Takes every known secret, and credentials in addresses, out of a text. */
export type Redact = (text: string) => string

/** Shorter ones would blank out half a message, and protect nothing. */
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

/** `https://user:word@host` without its middle. */
export const withoutAddressCredentials = (text: string): string =>
  text.replace(/\/\/[^/@\s'"]*@/g, '//(hidden)@')

/**
 * Nova repeats what it refuses, and a server's body has user data and a password in it:
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
