import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @import { Places } from './places.js' */

/**
 * How a fake host behaves; what is not set is as it was.
 *
 * @typedef {object} Knobs
 * @property {readonly [from: number, to: number]} [build_delay] - seconds
 * @property {readonly [from: number, to: number]} [delete_delay] - seconds
 * @property {number} [fail_rate]
 * @property {'abort' | 'reschedule'} [fail_mode]
 */

/**
 * How the fake hosts behave from now on; without knobs as they are.
 *
 * @param {Places} places
 * @param {Knobs} [knobs]
 */
export function setKnobs(places, knobs) {
  for (const host of ['fake1', 'fake2']) {
    const file = join(places.knobs, `${host}.json`)
    if (knobs === undefined) rmSync(file, { force: true })
    else writeFileSync(file, JSON.stringify(knobs))
  }
}
