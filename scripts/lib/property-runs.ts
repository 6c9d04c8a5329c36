/** Whether properties run at full length: CI does so, as `FLOTILLA_TEST_RUNS=full npm test` does by hand. */
export const isFullLength: boolean = process.env['FLOTILLA_TEST_RUNS'] === 'full'

/**
 * How often a property runs. Short, it takes the part of `npm test` that a habit bears; each run of `npm test` has seeds of
 * its own, so that many short ones see what one long one does.
 *
 * @param full - at full length
 * @param short - default a sixth of that
 */
export function propertyRuns(full: number, short: number = Math.ceil(full / 6)): number {
  return isFullLength ? full : short
}
