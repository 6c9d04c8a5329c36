import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { sh } from '../lib/sh.js'
import { docker } from './tools.js'

/** @import { Places } from './places.js' */

/**
 * The images of the tests, made of this machine's own programs, for no registry can be reached:
 *
 * - `flotilla-lab/web:1`: busybox, with an HTTP server on 8080; 2 MB
 * - `flotilla-lab/worker:1`: node, with worker/worker.js on 8080
 *
 * @param {Places} places
 * @param {readonly string[]} sockets - of the engines that get them
 * @param {AbortSignal} signal
 */
export async function buildImages({ workDirectory }, sockets, signal) {
  const directory = join(workDirectory, 'images')
  rmSync(directory, { recursive: true, force: true })
  webRoot(join(directory, 'web'))
  await workerRoot(join(directory, 'worker'), signal)
  for (const socket of sockets) {
    await importImage(
      { socket, directory: join(directory, 'web'), image: 'flotilla-lab/web:1', command: webCommand },
      signal,
    )
    const worker = {
      directory: join(directory, 'worker'),
      image: 'flotilla-lab/worker:1',
      command: ['/bin/node', '/worker.mjs'],
    }
    await importImage({ socket, ...worker }, signal)
  }
  rmSync(directory, { recursive: true, force: true })
}

const webCommand = ['/bin/httpd', '-f', '-p', '8080', '-h', '/www']

/** @param {string} root */
function webRoot(root) {
  addBusybox(root)
  mkdirSync(join(root, 'www'))
  writeFileSync(join(root, 'www', 'index.html'), 'flotilla\n')
}

/**
 * @param {string} root
 * @param {AbortSignal} signal
 */
async function workerRoot(root, signal) {
  addBusybox(root)
  const node = realpathSync(process.execPath)
  copyFileSync(node, join(root, 'bin', 'node'))
  chmodSync(join(root, 'bin', 'node'), 0o755)
  for (const library of await librariesOf(node, signal)) {
    const target = join(root, library)
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(realpathSync(library), target)
  }
  writeFileSync(join(root, 'worker.mjs'), readFileSync(new URL('worker/worker.js', import.meta.url)))
}

/** @param {string} root */
function addBusybox(root) {
  for (const name of ['bin', 'tmp', 'etc']) mkdirSync(join(root, name), { recursive: true })
  copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'))
  chmodSync(join(root, 'bin', 'busybox'), 0o755)
  for (const applet of ['sh', 'httpd', 'sleep', 'cat', 'head', 'tail', 'dd', 'kill', 'wget', 'hostname']) {
    symlinkSync('busybox', join(root, 'bin', applet))
  }
}

/**
 * The shared libraries of a program, the loader included, where it looks for them.
 *
 * @param {string} program
 * @param {AbortSignal} signal
 */
async function librariesOf(program, signal) {
  const lines = (await sh('ldd', [program], { signal })).split('\n')
  return lines.flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? [])
}

/**
 * @param {{ socket: string, directory: string, image: string, command: readonly string[] }} what
 * @param {AbortSignal} signal
 */
async function importImage({ socket, directory, image, command }, signal) {
  const tar = `${directory}.tar`
  await sh('tar', ['--owner=0', '--group=0', '-C', directory, '-cf', tar, '.'], { signal })
  await docker(socket, ['import', '--change', `CMD ${JSON.stringify(command)}`, tar, image], signal)
  rmSync(tar)
}
