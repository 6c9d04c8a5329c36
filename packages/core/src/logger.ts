/**
 * What the controller logs to: fields first, then the message, as pino takes them. `console` fits too, and prints the
 * fields as an object.
 */
export interface Logger {
  /** For whoever looks for a fault. */
  debug(fields: object, message: string): void
  /** What happens in the usual course. */
  info(fields: object, message: string): void
  /** What a person should know of. */
  warn(fields: object, message: string): void
  /** What a person has to see to. */
  error(fields: object, message: string): void
}

const nothing = (): void => {}

/** Prints nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** The default: one line on stderr for what somebody should look at, and nothing for what goes well. */
export function warningsToConsole(group: string): Logger {
  const print = (_: object, message: string): void => console.error(`flotilla ${group}: ${message}`)
  return { debug: nothing, info: nothing, warn: print, error: print }
}
