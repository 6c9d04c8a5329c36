import { start, stop, untilAnswers } from './daemons.js'
import { servicesOf } from './services.js'

/** @import { Places } from './places.js' */

/**
 * @param {Places} places
 * @param {string} name
 */
export async function killService(places, name) {
  await stop(places, name, 'SIGKILL')
}

/**
 * Starts a service again, and waits until it answers.
 *
 * @param {Places} places
 * @param {string} name
 */
export async function restoreService(places, name) {
  const services = Object.values(servicesOf(places)).flat()
  const service = services.find((one) => one.name === name)
  if (service === undefined) throw new Error(`the lab has no service ${name}`)
  await start(places, service)
  await untilAnswers(places, service, AbortSignal.timeout(120_000))
}
