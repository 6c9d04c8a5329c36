/*
 * A controller in a process of its own, so that a test can kill it: `node controller.js STATE_DIR GROUP TOKEN...`
 * launches every token at once, says so, and stays.
 */
import { processes } from '../../src/index.js'

const [stateDir = '', group = '', ...tokens] = process.argv.slice(2)
const command = ['sleep', '1000000'] as const
const backend = processes({ command, stateDir })
const signal = new AbortController().signal

console.log('begin')
const instances = await Promise.all(tokens.map(async (token) => backend.launch({ group, token }, { signal })))
console.log(`end ${instances.map(({ id }) => id).join(' ')}`)
setInterval(() => {}, 1e6)
