/*
 * A service of the labs, on the port that PORT says or 8080:
 *
 *   GET  /            its name
 *   GET  /health      200
 *   GET  /wait?ms=    200 after so long
 *   POST /            200 after the whole body
 *   GET  /use?cores=&bytes=   from now on it uses as many cores and bytes, by its own counters
 *   GET  /crash?code= ends it
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { hostname } from 'node:os'

const beatMs = 20
let wantedCores = 0
let fromMs = performance.now()
let fromUs = cpuUs()
/** @type {Buffer[]} */
const held = []

function cpuUs() {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Burns what is missing of the wanted time, so that the average holds, whatever the host has left over. */
function burn() {
  if (wantedCores === 0) return
  const startedMs = performance.now()
  while (cpuUs() - fromUs < wantedCores * (performance.now() - fromMs) * 1000) {
    if (performance.now() - startedMs > 2 * beatMs) break
  }
}
setInterval(burn, beatMs).unref()

/** @param {number} bytes */
function hold(bytes) {
  const missing = bytes - memoryBytes()
  if (missing > 0) held.push(Buffer.alloc(missing, 1))
}

const read = (/** @type {string} */ path) => readFileSync(path, 'utf8')

/**
 * @param {string} text
 * @param {string} name
 */
function field(text, name) {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}

/** What the kernel counts for this container, without the part of the file cache that is first to go. */
function memoryBytes() {
  try {
    const used = Number(read('/sys/fs/cgroup/memory/memory.usage_in_bytes'))
    return used - field(read('/sys/fs/cgroup/memory/memory.stat'), 'total_inactive_file')
  } catch {
    return (
      Number(read('/sys/fs/cgroup/memory.current')) -
      field(read('/sys/fs/cgroup/memory.stat'), 'inactive_file')
    )
  }
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://worker')
  const number = (/** @type {string} */ name) => Number(searchParams.get(name) ?? 0)
  switch (pathname) {
    case '/wait':
      setTimeout(() => response.end('waited\n'), number('ms'))
      break
    case '/use':
      wantedCores = number('cores')
      fromMs = performance.now()
      fromUs = cpuUs()
      hold(number('bytes'))
      response.end(`${wantedCores} cores, ${memoryBytes()} bytes\n`)
      break
    case '/crash':
      process.exit(number('code'))
      break
    default:
      request.resume().on('end', () => response.end(`${hostname()}\n`))
  }
})
// Longer than a proxy keeps a connection for another request.
server.keepAliveTimeout = 75_000
server.listen(Number(process.env['PORT'] ?? 8080))
process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})
