import { fileURLToPath } from 'node:url'
import { labCommand } from './lib/lab-command.js'

const exitCode = await labCommand(process.argv.slice(2), fileURLToPath(new URL('.', import.meta.url)))
// A lab that hung has handles open still, and must not keep the command from ending.
process.exit(exitCode)
