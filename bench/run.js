import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** The command `npm run bench`: one bench by name with its arguments, `all` of them, or without a name the list. */
const folder = new URL('.', import.meta.url)
const benches = readdirSync(folder)
  .filter((file) => file.endsWith('.js') && file !== 'run.js')
  .map((file) => file.slice(0, -'.js'.length))
  .toSorted()
const [name, ...args] = process.argv.slice(2)

if (name === undefined || name === '--help') list()
else if (name === 'all' || benches.includes(name)) await run(name === 'all' ? benches : [name])
else {
  console.error(`no bench is named ${name}; there are: ${benches.join(', ')}`)
  process.exitCode = 2
}

function list() {
  console.log('npm run bench -- NAME [arguments]\n')
  const width = Math.max(0, ...benches.map((bench) => bench.length))
  for (const bench of benches) console.log(`  ${bench.padEnd(width)}  ${questionOf(bench)}`)
  console.log(`  ${'all'.padEnd(width)}  all of them, one after another`)
}

/**
 * The first sentence of what stands above the bench's `run`.
 *
 * @param {string} bench
 */
function questionOf(bench) {
  const source = readFileSync(new URL(`${bench}.js`, folder), 'utf8')
  const comment = /\/\*\*((?:(?!\*\/).)+)\*\/\s*export (?:async )?function run\b/s.exec(source)?.[1] ?? ''
  const text = comment.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim()
  return /^.+?[.?:](?= |$)/.exec(text)?.[0] ?? text
}

/** @param {readonly string[]} chosen */
async function run(chosen) {
  const processors = cpus()
  console.log(
    `Node ${process.version}, ${processors.length} x ${processors[0]?.model ?? 'unknown processor'}`,
  )
  for (const bench of chosen) {
    try {
      /** @type {{ run(args: readonly string[]): Promise<void> }} */
      const module = await import(new URL(`${bench}.js`, folder).href)
      await module.run(args)
    } catch (error) {
      console.error(`bench ${bench} failed:`, error)
      process.exitCode = 1
    }
  }
}
