import { parseArgs } from 'node:util'
import { report, unleash } from './chaos/monkey.js'
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
  const world = await makeWorld(seedNumber)
  try {
    const story = await unleash(world, {
      seed: seedNumber,
      minutes: Number(minutes),
      actCount: acts === '' ? Infinity : Number(acts),
      killCount: Number(kills),
      only,
      verbose,
    })
    report(world, story)
    if (story.violations.length > 0) process.exitCode = 1
  } finally {
    await world.down()
  }
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
  try {
    const given = await place.up()
    const environment = { ...given.environment, [inside]: '1' }
    await runInside('../run.js', ['chaos', ...args], { ...given, environment })
  } finally {
    if (!keep) await place.down()
  }
}
