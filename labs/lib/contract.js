/** @import { Counts } from '../../scripts/lib/counts.js' */

/**
 * What a lab gets from the runner.
 *
 * @typedef {object} LabContext
 * @property {string} name - of the lab
 * @property {string} directory - the lab's own folder
 * @property {string} workDirectory - for its files, made by `up` and removed by `down`; the same in every run
 * @property {AbortSignal} signal - aborts on Ctrl-C and when `up` or `test` takes too long; `down` gets one of its own
 * @property {(line: string) => void} log - says what it does
 * @property {(files: readonly string[], env?: NodeJS.ProcessEnv) => Promise<Counts>} runSuites - runs live suites, named
 *   by parts of their paths, with these variables added to the environment; shows their output
 */

/**
 * A real daemon for live suites: what `labs/NAME/lab.js` exports, each as a function of its own name.
 *
 * @typedef {object} Lab
 * @property {(context: LabContext) => Promise<void>} up - brings the daemon up, from a bare machine; again is no harm
 * @property {(context: LabContext) => Promise<Counts>} test - runs the suites
 * @property {(context: LabContext) => Promise<void>} down - removes all that `up` made, also after it failed half way;
 *   again is no harm
 */

/** How long a lab may take for each of its parts, and to settle after it was stopped. */
export const bounds = { upMs: 20 * 60_000, testMs: 30 * 60_000, downMs: 5 * 60_000, settleMs: 15_000 }
