/**
 * What the controller logs to: fields first, then the message, as pino takes them. `console` fits too, and prints the
 * fields as an object.
 */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const nothing = (): void => {}

/** The default: the events tell everything, so nothing is printed unless asked for. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
