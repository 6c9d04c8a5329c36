import { loadavg } from 'node:os'
import { printTable } from './table.js'
import { until } from './until.js'

/** @import { Autoscaler } from '@flotilla/core' */

/** @typedef {{ said: string[], note: string }} Outcome - `said`: the problems that were told of */
/** @typedef {readonly [name: string, run: () => Promise<Outcome>]} Case */
/** @typedef {Readonly<Record<string, readonly string[]>>} Contents - what there is, by kind */

/**
 * @typedef {object} FaultsGiven
 * @property {string | undefined} only - a part of the names of cases
 * @property {() => Promise<Contents>} contents
 * @property {Contents} before - what there was before the first
 * @property {number} sweepMs - in which what is left over must have been swept, at most
 * @property {number} [everyMs] - how often that is looked at
 * @property {(said: string) => string} [shortened]
 * @property {() => void} [restore] - after each fault
 */

/**
 * Runs faults one after another: whether the group came to its size, what was left of it, and what was said.
 *
 * @param {readonly Case[]} cases
 * @param {FaultsGiven} given
 * @returns {Promise<string[][]>} rows for `printFaults`
 */
export async function runFaults(cases, given) {
  const { only, contents, before, sweepMs, everyMs, shortened = (said) => said, restore } = given
  const left = async () => difference(before, await contents())
  /** @type {string[][]} */
  const rows = []
  for (const [name, run] of cases) {
    if (only !== undefined && !name.includes(only)) continue
    console.log(`fault: ${name}`)
    let shown = ['NO', '', '']
    try {
      const { said, note } = await run()
      shown = ['yes', [...new Set(said.map(shortened))].join('; ').slice(0, 400), note]
    } catch (error) {
      shown = [`NO: ${error instanceof Error ? error.message : String(error)}`, '', '']
    } finally {
      restore?.()
    }
    await until(async () => (await left()).length === 0, sweepMs, everyMs).catch(() => undefined)
    const [converged = '', said = '', note = ''] = shown
    rows.push([name, converged, (await left()).join(', ') || 'nothing', said, note])
    console.log(`  ${rows.at(-1)?.slice(1).join(' | ')}`)
  }
  return rows
}

/** @param {readonly (readonly string[])[]} rows */
export function printFaults(rows) {
  printTable(
    `Faults; load average ${loadavg()[0]?.toFixed(1)}`,
    ['fault', 'converged', 'left over', 'what was said', 'note'],
    rows,
  )
}

/**
 * What is there that was not, in words; empty when all is as before. Strangers that are gone count too.
 *
 * @template {string} Kind
 * @param {Readonly<Record<Kind, readonly string[]>>} before
 * @param {Readonly<Record<Kind, readonly string[]>>} now
 */
export function difference(before, now) {
  return /** @type {Kind[]} */ (Object.keys(before)).flatMap((kind) => [
    ...now[kind].filter((one) => !before[kind].includes(one)).map((one) => `${kind}: ${one} left`),
    ...before[kind].filter((one) => !now[kind].includes(one)).map((one) => `${kind}: ${one} GONE`),
  ])
}

/**
 * Starts a group, then the fault.
 *
 * @param {Autoscaler} web - to be sized by hand
 * @param {{ grow: () => Promise<unknown>, fault: () => Promise<string> }} acts - `grow` to the size at which the fault
 *   comes; `fault` gives the note
 * @returns {Promise<Outcome>} with what was said from the fault on
 * @throws Error with what the group was and had said, when it did not come about
 */
export async function outcomeOf(web, { grow, fault }) {
  /** @type {string[]} */
  const said = []
  web.on('problem', ({ kind, message }) => said.push(`${kind}: ${message}`))
  web.on('instance', ({ to, reason }) => {
    if (to === 'failed' || to === 'terminating') said.push(`${to}: ${reason}`)
  })
  try {
    await web.start()
    await web.pause('scaling')
    await grow()
    said.length = 0
    return { note: await fault(), said: [...said] }
  } catch (error) {
    const { desired, instances } = web.status()
    const states = instances.map(({ name, state, status }) => `${name} ${state} ${status}`)
    const known = [`wanted ${desired}`, ...states, ...new Set(said)].join('; ')
    throw new Error(`${error instanceof Error ? error.message : String(error)} (${known})`, { cause: error })
  }
}
