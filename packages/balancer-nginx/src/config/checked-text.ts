import * as v from 'valibot'

/** Nginx reads its configuration through a buffer of 4096 bytes; a longer token or comment is an error. */
const longestBytes = 1000

/** Whether a text can stand in a configuration as one token: no control characters, well-formed, not too long. */
export function isToken(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return !/[\u0000-\u001F\u007F]/.test(text) && isWellFormed(text) && Buffer.byteLength(text) <= longestBytes
}

/** One token of the configuration, also an empty one. */
export const token = (): v.GenericSchema<string> => {
  const message = `a text of at most ${longestBytes} bytes without control characters`
  return v.pipe(v.string(message), v.check(isToken, message))
}

/** The file that this balancer owns, or another path that goes to Nginx. */
export const filePath = (): v.GenericSchema<string> => {
  const message = 'an absolute path of letters, digits and . _ - /, not ending in /'
  return v.pipe(v.string(message), v.regex(/^\/(?:[\w.-]+\/)*[\w.-]+$/, message))
}

/** True when every surrogate has its partner, so that the text survives UTF-8. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
