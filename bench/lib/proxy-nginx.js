import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The version of the Nginx on PATH.
 *
 * @returns {string | undefined} undefined when there is none
 */
export function nginxVersion() {
  const { stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' })
  return /nginx\/(\S+)/.exec(stderr ?? '')?.[1]
}

/**
 * Starts an Nginx of our own, with one worker process as our proxy has one, in front of a port.
 *
 * @param {number} workerPort
 */
export async function startNginx(workerPort) {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-bench-nginx-'))
  const port = await freePort()
  await writeFile(join(directory, 'nginx.conf'), nginxConfig(directory, port, workerPort))
  const child = spawn('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await untilListening(port)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, stop }
}

/**
 * @param {string} directory
 * @param {number} port
 * @param {number} workerPort
 */
function nginxConfig(directory, port, workerPort) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${directory}/${name};`)
    .join('\n')
  return `daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
${temporary}
  keepalive_requests 1000000;
  upstream workers { server 127.0.0.1:${workerPort}; keepalive 64; keepalive_requests 1000000; keepalive_timeout 4s; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://workers;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  await new Promise((resolve) => void server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** @param {number} port */
async function untilListening(port) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const isOpen = await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port })
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => void socket.destroy())
    })
    if (isOpen) return
    await sleep(20)
  }
  throw new Error(`nginx does not listen on port ${port} after two seconds`)
}
