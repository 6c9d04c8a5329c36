import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask } from './hostile-clients.js'
import { until } from './until.js'

/** @typedef {{ name: string, port: number, stop: () => Promise<void> }} Front */

/** Open files that each front may have in the second half of this bench, as many systems have it. */
export const descriptors = 1024

/**
 * Our proxy, and Nginx and HAProxy where they are installed, each as its package sets it up, in front of one port.
 *
 * @param {number} workerPort
 * @param {{ isLimited: boolean }} options - whether with few descriptors
 * @returns {Promise<Front[]>}
 */
export async function startFronts(workerPort, { isLimited }) {
  const fronts = [await startOurs(workerPort, isLimited)]
  const nginx = versionOf('nginx', ['-v'], /nginx\/(\S+)/)
  if (nginx !== undefined) fronts.push(await startNginx(`Nginx ${nginx}`, workerPort, isLimited))
  const haproxy = versionOf('haproxy', ['-v'], /version (\d[\d.]*)/)
  if (haproxy !== undefined) fronts.push(await startHaproxy(`HAProxy ${haproxy}`, workerPort, isLimited))
  return fronts
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {RegExp} pattern
 */
function versionOf(program, args, pattern) {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return pattern.exec(`${stdout ?? ''}${stderr ?? ''}`)?.[1]
}

/** @param {number} workerPort @param {boolean} isLimited */
async function startOurs(workerPort, isLimited) {
  const port = await freePort()
  const program = fileURLToPath(new URL('hostile-ours.js', import.meta.url))
  const child = start([process.execPath, program, String(port), String(workerPort)], isLimited)
  return ready('ours', port, child, async () => {})
}

/**
 * Nginx with what Debian's nginx.conf sets: 768 connections a worker, a worker for each CPU, keepalive_timeout 65.
 *
 * @param {string} name
 * @param {number} workerPort
 * @param {boolean} isLimited
 */
async function startNginx(name, workerPort, isLimited) {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-bench-hostile-'))
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${directory}/${kind};`)
    .join('\n')
  await writeFile(
    join(directory, 'nginx.conf'),
    `daemon off;
${process.getuid?.() === 0 ? '# Its workers would become another user, who may not write into the folder of this bench.\nuser root;' : ''}
worker_processes auto;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 768; }
http {
  access_log off;
${temporary}
  keepalive_timeout 65;
  # By default Nginx itself refuses a body of more than 1 MiB.
  client_max_body_size 0;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${workerPort};
      proxy_http_version 1.1;
    }
  }
}
`,
  )
  const child = start(['nginx', '-p', directory, '-c', join(directory, 'nginx.conf')], isLimited)
  return ready(name, port, child, async () => rm(directory, { recursive: true, force: true }))
}

/**
 * HAProxy with what Debian's haproxy.cfg sets: timeout client and server 50 s.
 *
 * @param {string} name
 * @param {number} workerPort
 * @param {boolean} isLimited
 */
async function startHaproxy(name, workerPort, isLimited) {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-bench-hostile-'))
  const port = await freePort()
  const file = join(directory, 'haproxy.cfg')
  await writeFile(
    file,
    `defaults
  mode http
  timeout connect 5000
  timeout client 50000
  timeout server 50000
frontend front
  bind 127.0.0.1:${port}
  default_backend workers
backend workers
  server one 127.0.0.1:${workerPort}
`,
  )
  const child = start(['haproxy', '-db', '-f', file], isLimited)
  return ready(name, port, child, async () => rm(directory, { recursive: true, force: true }))
}

/** @param {string[]} command @param {boolean} isLimited */
function start(command, isLimited) {
  const limited = ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...command]
  const [file = '', ...args] = isLimited ? limited : command
  return spawn(file, args, { stdio: ['ignore', 'ignore', 'ignore'] })
}

/**
 * @param {string} name
 * @param {number} port
 * @param {import('node:child_process').ChildProcess} child
 * @param {() => Promise<void>} tidy
 * @returns {Promise<Front>}
 */
async function ready(name, port, child, tidy) {
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    await tidy()
  }
  try {
    await until(async () => (await ask(port)).startsWith('HTTP/1.1 200 '), 10_000)
    return { name, port, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A port that is free now. */
export async function freePort() {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
