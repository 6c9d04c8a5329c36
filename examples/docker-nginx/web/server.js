// The service of the lab: says which container answers, and works for 20 ms of CPU to be worth scaling.
import { createServer } from 'node:http'
import { hostname } from 'node:os'

const workMicroseconds = Number(process.env['WORK_US'] ?? 20_000)

const server = createServer((request, response) => {
  if (request.url !== '/health') work(workMicroseconds)
  response.end(`hello from ${hostname()}\n`)
})
// Longer than Nginx keeps its connections to us, so that it never sends a request on one that we are closing.
server.keepAliveTimeout = 75_000
server.listen(5000)
process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})

/** @param {number} microseconds - of CPU time */
function work(microseconds) {
  const before = process.cpuUsage()
  for (let spent = 0; spent < microseconds;) {
    for (let turn = 0; turn < 20_000; turn += 1) Math.sqrt(turn)
    const { user, system } = process.cpuUsage(before)
    spent = user + system
  }
}
