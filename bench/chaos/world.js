/** @import { ControllerProcess } from './controller-process.js' */
/** @import { Random } from './random.js' */

/**
 * A place where a group runs, seen without Flotilla's own code.
 *
 * @typedef {object} World
 * @property {string} name
 * @property {number} max the most machines there may ever be
 * @property {number} intervalMs of the group
 * @property {number} settleMs the group must be right again this long after an act
 * @property {number} sampleMs how often the machines are counted
 * @property {number} [ratePerSecond] of the load; default 40
 * @property {string} [url] where clients go; none where nobody serves them
 * @property {string} directory of the world's files: the store in `store/`, which is small enough to be filled
 * @property {string} groupModule URL of a module whose `groupOptions(settings)` gives the Autoscaler's options
 * @property {Readonly<Record<string, unknown>>} settings for it
 * @property {() => Promise<readonly string[]>} machines the group's, in any state; rejects when it cannot be told now
 * @property {() => Promise<readonly string[]>} harm what lived or was foreign and is gone or changed, in words
 * @property {() => Promise<readonly string[]>} leftovers what is left of a group that has ended, in words
 * @property {(problem: string) => boolean} [isExpected] whether a problem that stands at the end must, as long as others have
 *   what they took; `problem` is its kind and message, or why the group could not be ended whole. By default none
 * @property {boolean} frontDiesWithController
 * @property {number} [scaleInExcusedMs] where the platform chooses what a scale-in ends: requests may fail for so long
 * @property {readonly Act[]} acts beside those that every world has
 * @property {() => Promise<void>} down
 */

/**
 * Where a world is, if not here: in a network namespace of its own, where the bench runs itself again.
 *
 * @typedef {object} Place
 * @property {() => Promise<{ namespacePath: string, environment: Record<string, string>, versions: string }>} up
 * @property {() => Promise<void>} down
 */

/**
 * Something that somebody does.
 *
 * @typedef {object} Act
 * @property {string} name
 * @property {number} [weight] default 1
 * @property {number | 'front'} [excusedMs] requests may fail from the act's beginning until this long after its end; `front`
 *   when the front is away meanwhile: then until one interval after the act's end. Default 0
 * @property {(stage: Stage) => Promise<string | void>} run the note, for the log; what it throws is a violation
 */

/**
 * @typedef {object} Stage
 * @property {World} world
 * @property {Random} random
 * @property {ControllerProcess} controller
 * @property {() => number} wanted
 * @property {(count: number) => void} want
 */

/** An act may be as long as this before it counts as hung. */
export const longestActMs = 180_000
