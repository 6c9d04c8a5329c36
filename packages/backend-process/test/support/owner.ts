/*
 * A controller with a loop, and no store, in a process of its own: `node owner.js STATE_DIR GROUP`. It says that it has
 * started, or why not, and stays.
 */
import { Autoscaler, fixed, silentLogger } from '@flotilla/core'
import { processes } from '../../src/index.js'

const [stateDir = '', group = ''] = process.argv.slice(2)
const command = ['sleep', '1000000'] as const
const web = new Autoscaler({
  group,
  min: 1,
  max: 1,
  backend: processes({ command, stateDir }),
  policy: fixed(1),
  logger: silentLogger,
})

try {
  await web.start()
  console.log('started')
} catch (error) {
  console.log(`refused ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
