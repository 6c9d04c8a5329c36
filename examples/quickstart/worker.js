// The service: a web server that works for 8 ms of CPU on each request, and leaves politely.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  if (request.url !== '/health') work(8000)
  response.end(`served by ${process.pid}\n`)
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
process.on('SIGTERM', () => server.close(() => process.exit()))

/** @param {number} microseconds - of CPU time, so that a busy machine does not make a request cheaper */
function work(microseconds) {
  const before = process.cpuUsage()
  for (let spent = 0; spent < microseconds;) {
    for (let turn = 0; turn < 20_000; turn += 1) Math.sqrt(turn)
    const { user, system } = process.cpuUsage(before)
    spent = user + system
  }
}
