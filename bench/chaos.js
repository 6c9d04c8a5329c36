import { parseArgs } from 'node:util'
import { report, unleash } from './chaos/monkey.js'
import { removeWorldDirectories } from './chaos/store-disk.js'
import { endingWith } from './lib/ending-with.js'
import { runInside } from './lib/run-inside.js'

/** @import { Place, World } from './chaos/world.js' */

const worlds = /** @type {const} */ (['process', 'docker', 'swarm', 'kvm', 'openstack'])

/**
 * What operators, other tools and bad luck do beside a running group: a seeded monkey acts, and an observer that shares no
 * code with Flotilla looks after each act. Arguments: `process`, `docker`, `swarm`, `kvm` or `openstack`; `--minutes N`
 * (default 2) or `--acts N`; `--kills N` for that many kills of the controller in a row first; `--seed S`; `--only WORDS` for
 * acts whose names have them; `--verbose`; `--keep` to leave a world's daemons up.
 *
 * @param {readonly string[]} args
 */
export async function run(args) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '2' },
      acts: { type: 'string', default: '' },
      kills: { type: 'string', default: '0' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  })
  const name = worlds.find((one) => one === positionals[0])
  if (name === undefined) {
    console.error(`say where: npm run bench -- chaos ${worlds.join('|')}`)
    process.exitCode = 2
    return
  }
  const { seed, minutes, acts, kills, only, verbose, keep } = values
  /** @type {{ makeWorld: (seed: number) => Promise<World>, place?: Place }} */
  const { makeWorld, place } = await import(`./chaos/worlds/${name}.js`)
  if (place !== undefined && process.env[inside] === undefined) {
    await runIn(place, args, keep)
    return
  }
  const seedNumber = Number(seed)
  console.log(`chaos ${name}, seed ${seedNumber}`)
  /** @type {World | undefined} */
  let world
  const plan = {
    seed: seedNumber,
    minutes: Number(minutes),
    actCount: acts === '' ? Infinity : Number(acts),
    killCount: Number(kills),
    only,
    verbose,
  }
  await endingWith(
    async (signal) => {
      world = await makeWorld(seedNumber)
      const story = await unleash(world, plan, signal)
      report(world, story)
      if (story.violations.length > 0) process.exitCode = 1
    },
    async () => {
      await world?.down()
      removeWorldDirectories()
    },
  )
}

/** Set where a world's place has been entered. */
const inside = 'FLOTILLA_CHAOS_INSIDE'

/**
 * Runs the same again in a world's place.
 *
 * @param {Place} place
 * @param {readonly string[]} args
 * @param {boolean} keep
 */
async function runIn(place, args, keep) {
  /** @type {Promise<void> | undefined} */
  let running
  await endingWith(
    async (signal) => {
      const given = await place.up()
      const environment = { ...given.environment, [inside]: '1' }
      running = runInside('../run.js', ['chaos', ...args], { ...given, environment, signal })
      await running
    },
    async () => {
      // It has been told to end, too, and ends its world first.
      await running?.catch(() => {})
      if (!keep) await place.down()
    },
  )
}
