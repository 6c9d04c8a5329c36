// A member under load: `ms` of the query is how long it waits, `cpu` how many milliseconds of CPU time it burns.
import { createServer } from 'node:http'
import { hostname } from 'node:os'

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://member')
  let received = 0
  request.on('data', (chunk) => (received += chunk.length))
  request.on('end', () => {
    const cpuMs = Number(searchParams.get('cpu') ?? process.env['CPU_MS'] ?? 0)
    if (cpuMs > 0 && pathname !== '/health') burn(cpuMs)
    setTimeout(
      () => {
        response.setHeader('x-received', received)
        response.setHeader('x-member', hostname())
        response.end('done\n')
      },
      Number(searchParams.get('ms') ?? 0),
    )
  })
})
server.keepAliveTimeout = 75_000
server.listen(8080)
// As most programs do, it ends at SIGTERM at once, whatever it is in the middle of.
if (process.env['IGNORES_SIGTERM'] === '1') process.on('SIGTERM', () => {})

/** @param {number} cpuMs */
function burn(cpuMs) {
  const before = process.cpuUsage()
  for (let spentUs = 0; spentUs < 1000 * cpuMs;) {
    for (let turn = 0; turn < 20_000; turn += 1) Math.sqrt(turn)
    const { user, system } = process.cpuUsage(before)
    spentUs = user + system
  }
}
